import { existsSync, readFileSync } from 'node:fs';
import { Option } from 'commander';
import { QUIET_RULES, quietCountsOf } from '../../pipeline/quiet-rules.ts';
import { LEVELS, type Rule } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import { rulesetDiff } from '../../rule/ruleset-diff.ts';
import { WardlineError } from '../../shared/errors.ts';
import { printable, printableLines, table } from '../../shared/table.ts';
import { openStore } from '../../store/store.ts';
import { chosenRules, namedSettings, type RuleFlags, ruleSettingsOption, rulesOption } from '../chosen-rules.ts';
import { outputOption, type Register, storeOption } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { ruleNamed } from '../rule-named.ts';
import { quietText } from '../run.ts';
import { type PromoteFlags, promote } from './promote.ts';

type ListFlags = RuleFlags & {
  readonly level?: string;
  readonly tag?: string;
  readonly id?: string;
  readonly output: 'table' | 'json';
};

const load = (flags: RuleFlags, io: Io) => chosenRules(flags.rules, namedSettings(flags, io));

const kindOf = (rule: Rule): string =>
  rule.kind === 'detection' ? (rule.policy === undefined ? rule.language : 'policy') : rule.condition.kind;

function matches(text: string, glob: string): boolean {
  const parts = glob.split('*');
  if (parts.length === 1) return text === glob;
  const [head = '', ...rest] = parts;
  const tail = rest.pop() ?? '';
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let from = head.length;
  return rest.every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at >= 0 && from <= text.length - tail.length;
  });
}

/** `wardline rules list`: what there is, one line a rule. */
function list(flags: ListFlags, io: Io): number {
  const { level, tag, id, output } = flags;
  const { byId } = load(flags, io).ruleset;
  const least = level === undefined ? 0 : (LEVELS as readonly string[]).indexOf(level);
  const found = [...byId.values()].filter(
    (rule) =>
      LEVELS.indexOf(rule.meta.level) >= least &&
      (tag === undefined || rule.meta.tags.some((one) => matches(one, tag))) &&
      (id === undefined || matches(rule.id, id) || (rule.meta.name !== undefined && matches(rule.meta.name, id))),
  );
  const row = (rule: Rule) => ({
    id: rule.id,
    name: rule.meta.name,
    title: rule.meta.title,
    kind: kindOf(rule),
    level: rule.meta.level,
    status: rule.meta.status,
    alerts: rule.alerts,
    tags: rule.meta.tags,
    file: rule.meta.place.file,
    line: rule.meta.place.line,
    logic: rule.logicDigest,
  });
  if (output === 'json') io.out(`${JSON.stringify({ version: 1, rules: found.map(row) })}\n`);
  else {
    const columns = [
      { title: 'rule', max: 48 },
      { title: 'kind' },
      { title: 'level' },
      { title: 'status' },
      { title: 'alerts' },
      { title: 'file', max: 90 },
    ];
    io.out(
      `${table(
        columns,
        found
          .map(row)
          .map(({ id: own, name, kind, level: of, status, alerts, file }) => [
            name ?? own,
            kind,
            of,
            status ?? '',
            alerts ? 'yes' : 'feeds',
            file,
          ]),
      )}\n${found.length} of ${byId.size} rules\n`,
    );
  }
  return EXIT.ok;
}

/** `wardline rules show RULE`: the file it stands in, and its runbook. */
function show(name: string, flags: RuleFlags, io: Io): number {
  const { ruleset, files } = load(flags, io);
  const { file, line } = ruleNamed(ruleset, name).meta.place;
  // Rules of others may hold what a terminal obeys.
  io.out(`# ${printable(`${file}:${line}`)}\n${printableLines(files.find(({ path }) => path === file)?.text ?? '')}`);
  const runbook = file.replace(/\.(?:ya?ml|json)$/, '.md');
  if (existsSync(runbook)) io.out(`\n${printableLines(readFileSync(runbook, 'utf8'))}`);
  return EXIT.ok;
}

/** `wardline rules diff BEFORE [AFTER]`: what another version adds, changes and takes away. */
function diff(before: string | undefined, after: string | undefined, flags: DiffFlags, io: Io): number {
  if (before === undefined) throw new WardlineError('usage', 'name the version to compare with, or give --live');
  const loaded = namedSettings(flags, io);
  const of = (rules: readonly string[] | undefined): Ruleset => chosenRules(rules, loaded).ruleset;
  const found = rulesetDiff(of([before]), of(after === undefined ? undefined : [after]));
  const changes = found.added.length + found.changed.length + found.reworded.length + found.removed.length;
  if (flags.output === 'json') io.out(`${JSON.stringify({ version: 1, ...found })}\n`);
  else {
    const line = (mark: string, id: string, what: string): string => `${printable(`${mark} ${id}${what}`)}\n`;
    for (const id of found.added) io.out(line('+', id, ''));
    for (const { id, what } of found.changed) io.out(line('~', id, `: ${what.join(', ')}; its state starts anew`));
    for (const { id, what } of found.reworded) io.out(line('~', id, `: ${what.join(', ')}; its state is kept`));
    for (const id of found.removed) io.out(line('-', id, ''));
    io.out(`+${found.added.length} ~${found.changed.length + found.reworded.length} -${found.removed.length} rules\n`);
  }
  return changes === 0 ? EXIT.ok : EXIT.findings;
}

type DiffFlags = { readonly config?: string; readonly live?: boolean; readonly store: string; readonly output: 'table' | 'json' };

/** `wardline rules diff --live`: what shadow and canary rules would have alerted, as of the last checkpoint of a run. */
function live({ store: path, output }: DiffFlags, io: Io): number {
  const store = openStore(path, { readOnly: true });
  const counts = quietCountsOf(store.reducers.load(QUIET_RULES)?.state ?? null);
  store.close();
  if (output === 'json') io.out(`${JSON.stringify({ version: 1, rules: counts })}\n`);
  else
    io.out(
      counts.length === 0
        ? 'no shadow or canary rule has run on this store\n'
        : `${counts.map((count) => quietText(count, String)).join('\n')}\n`,
    );
  return EXIT.ok;
}

export const registerRules: Register = (program, { io, done }) => {
  const rules = program.command('rules').description('what rules there are, and how two versions differ');
  rules
    .command('list', { isDefault: true })
    .description('one line a rule')
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .addOption(new Option('--level <level>', 'this level and above').choices([...LEVELS]))
    .option('--tag <glob>', 'rules with such a tag')
    .option('--id <glob>', 'rules with such an id or name')
    .addOption(outputOption())
    .action((flags: ListFlags) => done(list(flags, io)));
  rules
    .command('show')
    .argument('<rule>', 'id, name, title or file name')
    .description('the file of a rule, and the runbook beside it')
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .action((name: string, flags: RuleFlags) => done(show(name, flags, io)));
  rules
    .command('diff')
    .argument('[before]', 'files or folder of one version')
    .argument('[after]', 'of the other (default: those of the settings, or rules)')
    .description('rules added, changed and removed; exit 1 if there are any')
    .addOption(ruleSettingsOption())
    .option('--live', 'what shadow and canary rules of a store would have alerted')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((before: string | undefined, after: string | undefined, flags: DiffFlags) =>
      done(flags.live ? live(flags, io) : diff(before, after, flags, io)),
    );
  rules
    .command('promote')
    .argument('<rule>', 'id, name, title or file name of a shadow or canary rule')
    .description('let a shadow or canary rule alert, by a change of its file; the rule that a canary replaces becomes a shadow')
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .addOption(storeOption())
    .option('--max-new <n>', 'refuse when the store counts more alerts that it alone would have made')
    .option('--keep-old', 'the rule that a canary replaces goes on alerting')
    .option('--dry-run', 'say what would be changed, and change nothing')
    .action((name: string, flags: PromoteFlags) => done(promote(name, flags, io)));
};
