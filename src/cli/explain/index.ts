import { createPolicyJudge } from '../../detect/policy/confirm.ts';
import { createContextReader } from '../../detect/policy/context.ts';
import { explainAccess } from '../../detect/policy/explain.ts';
import { isPolicy } from '../../detect/policy/judge.ts';
import { truthOf } from '../../detect/truth.ts';
import type { Event } from '../../event/event.ts';
import { isoTime } from '../../event/time.ts';
import { closureOf } from '../../explain/closure.ts';
import { compiledOf } from '../../explain/compiled.ts';
import { createStory, type GroupStory } from '../../explain/story.ts';
import type { Correlation, Detection, Rule } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { JsonValue } from '../../shared/json.ts';
import { showAlert } from '../alerts.ts';
import { allowedLatenessOf } from '../allowed-lateness.ts';
import { chosenRules, namedSettings, type RuleFlags, ruleSettingsOption, rulesOption } from '../chosen-rules.ts';
import { outputOption, type Register, storeOption } from '../command.ts';
import { type EventFlags, eventsOfFiles, recordsOfFiles } from '../events.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Io } from '../io.ts';
import { explanationText } from '../policy/explain.ts';
import { ruleNamed } from '../rule-named.ts';
import { createLogsourcesSeen } from './logsources-seen.ts';
import { compiledText, storyText, truthText } from './text.ts';

type Flags = EventFlags &
  RuleFlags & {
    readonly event?: string;
    readonly events?: readonly string[];
    readonly group?: readonly string[];
    readonly limit: string;
    readonly alert?: string;
    readonly store: string;
    readonly output: 'table' | 'json';
  };

/** `wardline explain RULE`: what it became; with events, why it fired, or how near it came. */
async function explain(name: string | undefined, flags: Flags, io: Io): Promise<number> {
  if (flags.alert !== undefined) return showAlert(flags.alert, flags, io);
  if (name === undefined) throw new WardlineError('usage', 'name a rule, or an alert with --alert');
  const loaded = namedSettings(flags, io);
  const { ruleset } = chosenRules(flags.rules, loaded);
  const rule = ruleNamed(ruleset, name);
  requireGroups(rule, flags.group ?? []);
  const files = [...(flags.event === undefined ? [] : [flags.event]), ...(flags.events ?? [])];
  if (files.length === 0) {
    const compiled = compiledOf(rule, ruleset);
    io.out(
      flags.output === 'json'
        ? `${JSON.stringify({ version: 1, ...compiled, facts: Object.fromEntries(compiled.facts) })}\n`
        : compiledText(compiled),
    );
    return EXIT.ok;
  }
  const seen = { ...flags, loaded };
  return rule.kind === 'correlation' ? overGroups(rule, ruleset, files, seen, io) : overEvents(rule, ruleset, files, seen, io);
}

/** Throws `usage` for groups that the rule does not have. */
function requireGroups(rule: Rule, pairs: readonly string[]): void {
  if (pairs.length === 0) return;
  const fields = rule.kind === 'correlation' ? rule.groupBy.map(({ name }) => name) : [];
  if (rule.kind !== 'correlation') throw new WardlineError('usage', `--group is for rules over several events; ${rule.id} is over one`);
  for (const [field] of groupPairs(pairs))
    if (!fields.includes(field))
      throw new WardlineError(
        'usage',
        `${rule.id} does not group by "${field}"; ${fields.length === 0 ? 'it groups by nothing' : `it groups by ${fields.join(', ')}`}`,
      );
}

/** A rule over one event: each event it holds for, else the truth table of the one that comes nearest. */
async function overEvents(rule: Detection, ruleset: Ruleset, files: readonly string[], flags: Flags, io: Io): Promise<number> {
  const limit = flags.event === undefined ? wholeNumber(flags.limit, '--limit') : Number.MAX_SAFE_INTEGER;
  let [n, fired] = [0, 0];
  let best: { readonly n: number; readonly event: Event; readonly missing: number } | undefined;
  const show = (at: number, event: Event): void => {
    const truth = truthOf(rule, event);
    if (flags.output === 'json')
      io.out(
        `${JSON.stringify({ version: 1, event: at, time: isoTime(event.time), ...truth, missing: Number.isFinite(truth.missing) ? truth.missing : null })}\n`,
      );
    else
      io.out(
        `${truth.held ? 'FIRED' : 'NOT FIRED'}  event ${at}  ${isoTime(event.time)}  ${event.route.format}\n${policyText(rule, ruleset, at, event) ?? truthText(truth)}`,
      );
  };
  const seen = createLogsourcesSeen([rule]);
  for await (const event of eventsOfFiles(files, flags, io, { records: 0, unread: 0 })) {
    n++;
    seen.observe(event);
    const { held, missing } = truthOf(rule, event);
    if (held) {
      if (++fired <= limit) show(n, event);
    } else if (best === undefined || missing < best.missing) best = { n, event, missing };
    if (flags.event !== undefined) break;
  }
  if (fired === 0 && best !== undefined) show(best.n, best.event);
  if (n === 0) tellHint(`there is no event in ${files.join(', ')}`, io);
  if (flags.output === 'table' && flags.event === undefined)
    io.out(`${n} events, it holds for ${fired}${fired === 0 && best !== undefined ? '; the nearest is shown' : ''}\n`);
  tellHint(seen.hint(), io);
  return EXIT.ok;
}

/** Of a policy the verdict of all policies, entry by entry. */
function policyText(rule: Detection, ruleset: Ruleset, n: number, event: Event): string | undefined {
  if (rule.policy === undefined) return undefined;
  const explanation = explainAccess(
    ruleset.detections.filter(isPolicy),
    createPolicyJudge(ruleset),
    createContextReader(ruleset.contexts),
    event,
  );
  return explanation === undefined ? '  no policy has this access in scope\n' : explanationText(n, event, explanation);
}

async function overGroups(rule: Correlation, ruleset: Ruleset, files: readonly string[], flags: Flags, io: Io): Promise<number> {
  const story = createStory(ruleset, rule, allowedLatenessOf(flags.loaded));
  for await (const { records, normalizer } of recordsOfFiles(files, flags, io)) story.take(records, normalizer);
  const told = story.end();
  if (told.matches === 0) tellHint(await noLogsource(rule, ruleset, files, flags, io), io);
  const wanted = groupFilter(flags.group ?? []);
  const groups = told.groups.filter(wanted).slice(0, wholeNumber(flags.limit, '--limit'));
  const nameOf = (id: string): string => ruleset.byId.get(id)?.meta.name ?? id;
  if (flags.output === 'json') for (const group of groups) io.out(`${JSON.stringify(groupJson(group))}\n`);
  else io.out(storyText(rule, told, groups, nameOf, (id) => ruleset.exceptions.find((one) => one.id === id)));
  return EXIT.ok;
}

/** Beside the answer, so that programs read what they read before. */
function tellHint(hint: string | undefined, io: Io): void {
  if (hint !== undefined) io.err(`${hint}\n`);
}

/** Nothing matched: looks at the events once more for one that some rule below could have matched. */
async function noLogsource(
  rule: Correlation,
  ruleset: Ruleset,
  files: readonly string[],
  flags: Flags,
  io: Io,
): Promise<string | undefined> {
  const seen = createLogsourcesSeen(closureOf(ruleset, rule.id).detections);
  for await (const event of eventsOfFiles(files, flags, io, { records: 0, unread: 0 })) seen.observe(event);
  return seen.hint();
}

const groupPairs = (pairs: readonly string[]): readonly (readonly [field: string, value: string])[] =>
  pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new WardlineError('usage', `--group takes field=value, not "${pair}"`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });

function groupFilter(pairs: readonly string[]): (story: GroupStory) => boolean {
  const wanted = groupPairs(pairs);
  return ({ group }) => wanted.every(([field, value]) => String(group.values[field]) === value);
}

function groupJson({ group, hits, fired, undecided, hidden, late, miss }: GroupStory): object {
  const opened = fired.filter(({ stage }) => stage === 'opened');
  return {
    version: 1,
    group: group.values,
    matches: hits.length,
    fired: opened.map(({ time, decision }) => ({ time: isoTime(time), decision })),
    undecided: undecided.map(({ time, reason }) => ({ time: isoTime(time), reason })),
    hidden: hidden.map(({ hit, exception }) => ({ time: isoTime(hit.time), exception })),
    ...(late.length === 0 ? {} : { late: late.map(({ time }) => isoTime(time)) }),
    ...(miss === undefined
      ? {}
      : {
          nearest: {
            time: isoTime(miss.time),
            text: miss.text,
            missing: miss.missing,
            events: miss.hits.map(({ time, origin: { source, partition, offset, index }, rule }) => ({
              time: isoTime(time),
              source,
              partition,
              offset: String(offset),
              index,
              rule,
            })),
          } satisfies Record<string, JsonValue | undefined>,
        }),
  };
}

export const registerExplain: Register = (program, { io, done }) => {
  program
    .command('explain')
    .argument('[rule]', 'id, name, title or file name of a rule')
    .description('what a rule became; with events, why it fired or how near it came')
    .addOption(ruleSettingsOption())
    .addOption(rulesOption())
    .option('--event <file>', 'the first event of a file')
    .option('--events <file...>', 'all events of files and folders')
    .option('--group <field=value...>', 'groups with these values alone')
    .option('--limit <n>', 'how many groups, or events it holds for', '3')
    .option('--format <name>', 'log format (default: recognised)')
    .option('--timezone <zone>', 'zone of local times')
    .option('--alert <id>', 'why an alert of a store opened')
    .addOption(storeOption())
    .addOption(outputOption())
    .action(async (rule: string | undefined, flags: Flags) => done(await explain(rule, flags, io)));
};
