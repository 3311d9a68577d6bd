import { readFileSync, writeFileSync } from 'node:fs';
import { type Layer, layerChanges, layerOf, layerSchema, tacticsOf, techniquesOf } from '../report/attack-layer.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { table } from '../shared/table.ts';
import { chosenRules, namedSettings, ruleSettingsOption, rulesOption } from './chosen-rules.ts';
import { outputOption, type Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { feedsOf, logsourceText, unfed, unread } from './feeding.ts';
import type { Io } from './io.ts';

type Flags = {
  readonly config?: string;
  readonly rules?: readonly string[];
  readonly navigator?: string;
  readonly compare?: string;
  readonly output: 'table' | 'json';
};

/** `wardline coverage`: which ATT&CK techniques rules look for, which sources no rule reads, which rules no source feeds. */
function coverage(flags: Flags, io: Io): number {
  const loaded = namedSettings(flags, io);
  const { ruleset } = chosenRules(flags.rules, loaded);
  const alerting = [...ruleset.byId.values()].filter(({ alerts }) => alerts);
  const techniques = techniquesOf(alerting);
  const tactics = tacticsOf(alerting);
  const untagged = alerting
    .filter(({ meta }) => !meta.tags.some((tag) => /^attack\.t\d/i.test(tag)))
    .map(({ id, meta }) => meta.name ?? id);
  const feeds = feedsOf(loaded?.settings);
  const [withoutRules, withoutData] = [unread(ruleset, feeds), unfed(ruleset, feeds)];
  const layer = layerOf(techniques, 'Wardline', `${alerting.length} rules that alert, ruleset ${ruleset.digest.slice(0, 12)}`);
  if (flags.navigator !== undefined) save(flags.navigator, layer);
  const changes = flags.compare === undefined ? undefined : layerChanges(techniques, layerFrom(flags.compare));
  if (flags.output === 'json') {
    const found = {
      version: 1,
      rules: alerting.length,
      techniques: Object.fromEntries(techniques),
      tactics: Object.fromEntries(tactics),
      untagged,
      sourcesWithoutRules: withoutRules.map(({ name }) => name),
      rulesWithoutData: withoutData.map(({ id, logsource }) => ({ id, logsource })),
      ...(changes === undefined ? {} : { changes }),
    };
    io.out(`${JSON.stringify(found)}\n`);
    return EXIT.ok;
  }
  const what = loaded === undefined ? 'formats' : 'sources';
  const lines = [
    table(
      [{ title: 'tactic', max: 60 }, { title: 'rules' }],
      [...tactics].map(([name, rules]) => [name, String(rules)]),
    ),
    '',
    `${techniques.size} techniques are looked for by ${alerting.length} rules that alert; ${untagged.length} name no technique`,
    withoutRules.length === 0
      ? `rules read all ${feeds.length} ${what}`
      : `${withoutRules.length} of ${feeds.length} ${what} are read by no rule of their log source: ${withoutRules.map(({ name }) => name).join(', ')}`,
    ...withoutData.map(
      ({ id, meta, logsource }) => `no ${what.slice(0, -1)} gives ${logsourceText(logsource ?? {})}: ${meta.name ?? id} can never fire`,
    ),
    ...(changes === undefined
      ? []
      : [`gained: ${changes.gained.join(', ') || 'nothing'}`, `lost: ${changes.lost.join(', ') || 'nothing'}`]),
    ...(flags.navigator === undefined ? [] : [`the layer for the ATT&CK Navigator is in ${flags.navigator}`]),
  ];
  io.out(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

function save(path: string, layer: Layer): void {
  try {
    writeFileSync(path, `${JSON.stringify(layer, null, 2)}\n`);
  } catch (error) {
    throw new WardlineError('usage', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function layerFrom(path: string): Layer {
  try {
    const parsed = layerSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return parsed.data;
    throw new WardlineError(
      'usage',
      `${path} is no layer of the ATT&CK Navigator: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`,
    );
  } catch (error) {
    if (error instanceof WardlineError) throw error;
    throw new WardlineError('usage', `cannot read the layer ${path}: ${messageOf(error)}`, { cause: error });
  }
}

export const registerCoverage: Register = (program, { io, done }) => {
  program
    .command('coverage')
    .description('ATT&CK techniques that rules look for, sources without rules, rules without data')
    .addOption(ruleSettingsOption('their rules, held against their sources (default: against every format)'))
    .addOption(rulesOption())
    .option('--navigator <file>', 'write a layer (format 4.5) for the ATT&CK Navigator')
    .option('--compare <file>', 'an earlier layer: techniques gained and lost')
    .addOption(outputOption())
    .action((flags: Flags) => done(coverage(flags, io)));
};
