import { Option } from 'commander';
import { ROLES, type Settings, type TransportSettings } from '../config/settings.ts';
import { type LossCount, lossJson } from '../pipeline/losses.ts';
import type { QuietCount } from '../pipeline/quiet-rules.ts';
import type { RunEngine, RunSummary } from '../pipeline/run-options.ts';
import { LEVELS } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import { WardlineError } from '../shared/errors.ts';
import { printable, table } from '../shared/table.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { configOption, outputOption, type Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { accept, requireCanaryRules, requireFiles, rulePaths, settingsOf } from './load.ts';
import { rulesetReloader } from './reload.ts';
import { requireReports } from './report-run.ts';
import { startReportTimer } from './report-timer.ts';

export type RunFlags = {
  readonly config: string;
  readonly once?: boolean;
  readonly skipBrokenRules?: boolean;
  readonly failOn?: string;
  readonly roles?: string;
  readonly activate?: boolean;
  readonly keepOpen?: boolean;
  readonly output: 'table' | 'json';
};

/** `wardline run`: the engine over the configured sources, until they end or a signal comes. */
export async function run(flags: RunFlags, io: Io, runEngine: RunEngine): Promise<number> {
  const loaded = settingsOf(flags.config, io);
  requireFiles(loaded);
  requireReports(loaded.settings, loaded.baseDir, io);
  const { settings, baseDir } = loaded;
  const endless = settings.sources.filter(({ kind }) => kind !== 'file' && kind !== 'stdin');
  if (flags.once && endless.length > 0)
    throw new WardlineError('usage', `--once needs sources that end; ${endless.map(({ name }) => name).join(', ')} does not`);
  if (flags.keepOpen && !flags.once) throw new WardlineError('usage', '--keep-open goes with --once: without it nothing ends');
  const sources = settings.sources.map((source) => (flags.once && source.kind === 'file' ? { ...source, mode: 'once' as const } : source));
  const telemetry = createTelemetry(settings.telemetry, settings.log.level, settings.admin !== undefined);
  const { logger } = telemetry;
  let hangups = 0;
  io.onHangup?.(() => hangups++);
  const rules = rulesetReloader(settings, baseDir, logger, {
    take: () => hangups > 0 && (hangups = 0) === 0,
    settings: () => settingsOf(flags.config, io).settings,
  });
  const ruleset = accept(rules.first, rules.first.compiled.length, io, flags.skipBrokenRules ?? false);
  requireCanaryRules(loaded, ruleset);
  if (ruleset.byId.size === 0) logger.warn({ rules: rulePaths(settings, baseDir) }, 'there is no rule: nothing can alert');
  logger.info({ ruleset: ruleset.digest.slice(0, 12), rules: ruleset.byId.size, sources: sources.map(({ name }) => name) }, 'starting');
  const started = io.clock.now();
  let drawn = 0;
  const reports = startReportTimer(flags.config, settings.reports.length, io, logger);
  const summary = await runEngine({
    settings: { ...settings, sources, transport: transportOf(settings, flags.roles) },
    ruleset,
    baseDir,
    clock: io.clock,
    logger,
    telemetry,
    write: io.out,
    signal: io.stop,
    reload: rules.next,
    brokenRules: rules.broken,
    ruleBundle: rules.bundle,
    rulesetOf: rules.firstBundle,
    activate: flags.activate ?? false,
    keepOpen: flags.keepOpen ?? false,
    onProgress: ({ records, alerts }) => {
      if (!io.interactive || io.clock.now() - drawn < 500) return;
      drawn = io.clock.now();
      io.err(`\r${records} records, ${alerts} alerts`);
    },
  }).finally(() => telemetry.shutdown());
  await reports.stop();
  if (io.interactive && drawn > 0) io.err('\r');
  const by = stoppedBy(io.stop);
  const finite = sources.every((source) => source.kind === 'stdin' || (source.kind === 'file' && source.mode === 'once'));
  const cutShort = by !== undefined && finite && summary.open === undefined;
  const why =
    by === undefined
      ? []
      : [cutShort ? `stopped by ${by} before the end of its inputs; the next run goes on from there` : `stopped by ${by}`];
  io.out(
    flags.output === 'json'
      ? `${JSON.stringify({ ...summaryJson(summary), ...(by === undefined ? {} : { stoppedBy: by }) })}\n`
      : `${[summaryText(summary, io.clock.now() - started, nameIn(ruleset)), ...why].join('\n')}\n`,
  );
  if (cutShort) return EXIT.interrupted;
  return failing(summary, flags.failOn) ? EXIT.findings : EXIT.ok;
}

/** The signal that stopped the run; undefined: none did. */
const stoppedBy = ({ aborted, reason }: AbortSignal): string | undefined => (aborted && typeof reason === 'string' ? reason : undefined);

/** The transport with the roles of the command line, where there are some. */
function transportOf({ transport }: Settings, roles: string | undefined): Settings['transport'] {
  if (roles === undefined) return transport;
  if (transport === undefined) throw new WardlineError('usage', '--roles needs "transport" in the settings: the distributed form');
  const wanted = roles.split(',').map((role) => role.trim());
  const known = wanted.filter((role): role is TransportSettings['roles'][number] => ROLES.some((one) => one === role));
  if (known.length < wanted.length) throw new WardlineError('usage', `--roles takes a list of ${ROLES.join(', ')}`);
  return { ...transport, roles: known };
}

/** What people call a rule, by its id. */
type NameOf = (id: string) => string;
export const nameIn =
  ({ byId }: Pick<Ruleset, 'byId'>): NameOf =>
  (id) =>
    byId.get(id)?.meta.name ?? id;

export function summaryText(summary: RunSummary, elapsedMs: number, nameOf: NameOf): string {
  const levels = [...LEVELS].reverse().filter((level) => summary.byLevel.has(level));
  const perLevel = levels.map((level) => `${summary.byLevel.get(level)} ${level}`).join(', ');
  const lines = [
    `${summary.records} records, ${summary.events} events, ${summary.alerts} alerts${perLevel === '' ? '' : ` (${perLevel})`} in ${(elapsedMs / 1000).toFixed(1)} s`,
  ];
  if (summary.deadLetters > 0) lines.push(`${summary.deadLetters} records could not be read; see: wardline dead-letters`);
  lines.push(...doubtText(summary), ...openText(summary), ...lossLines(summary, nameOf));
  for (const count of summary.quiet ?? []) lines.push(quietText(count, nameOf));
  for (const [sink, waiting] of summary.waiting)
    lines.push(
      summary.disabled.includes(sink)
        ? `${waiting} deliveries to ${sink} wait: it wants nothing more and is disabled; see: wardline deliver enable ${sink}`
        : `${waiting} deliveries to ${sink} still wait; they are kept and tried at the next start`,
    );
  for (const [sink, dead] of summary.dead)
    lines.push(`${dead} deliveries to ${sink} were refused or given up; they are kept, see: wardline deliver list ${sink}`);
  return lines.join('\n');
}

const doubtText = ({ tags }: RunSummary): readonly string[] =>
  tags.size === 0 ? [] : [`doubtful events, by tag: ${[...tags].map(([tag, count]) => `${count} ${tag}`).join(', ')}; see docs/formats.md`];

/** What came late, and what rules could not use or let go. */
export const lossLines = (summary: RunSummary, nameOf: NameOf): readonly string[] => [
  ...lateText(summary),
  ...lossText(summary.losses ?? [], nameOf),
];

function openText({ open }: RunSummary): readonly string[] {
  if (open === undefined || open.windows === 0) return [];
  const { kept, cut } = open;
  const decided = open.windows - cut;
  const what = (count: number): string => (count === 1 ? '1 open window was' : `${count} open windows were`);
  if (kept) return [`${what(open.windows)} kept for the next run`];
  return [
    ...(decided > 0
      ? [`${what(decided)} decided at the end of the inputs; where the logs go on, run with --keep-open, or follow them`]
      : []),
    ...(cut > 0
      ? [`${what(cut)} left undecided: the inputs ended before the time of an absence was over; --keep-open goes on from there`]
      : []),
  ];
}

function lateText({ late }: RunSummary): readonly string[] {
  if (late === undefined || late.size === 0) return [];
  return [`late events, by source: ${[...late].map(([source, count]) => `${count} of ${source}`).join(', ')}; see docs/correlation.md`];
}

const MOST_ROWS = 20;

/** What rules could not use, let go, or estimated, as a table. */
function lossText(losses: readonly LossCount[], nameOf: NameOf): readonly string[] {
  if (losses.length === 0) return [];
  const columns = [
    'rule',
    'late, taken',
    'too late',
    'no group',
    'no value',
    'groups evicted',
    'matches let go',
    'values let go',
    'members left out',
    'estimated',
  ];
  const rows = losses
    .slice(0, MOST_ROWS)
    .map(({ rule, lateTaken, late, ungrouped, unvalued, evicted, dropped, values, members, estimated }) =>
      [nameOf(rule), lateTaken, late, ungrouped, unvalued, evicted, dropped, values, members, estimated].map(String),
    );
  const more = losses.length > MOST_ROWS ? [`and ${losses.length - MOST_ROWS} more rules; -o json has all`] : [];
  return [
    'what rules could not use, let go, or estimated:',
    table(
      columns.map((title) => ({ title })),
      rows,
    ),
    ...more,
  ];
}

/** What a shadow or canary rule would have alerted, in one line. */
export function quietText({ rule: id, mode, alerts, canary }: QuietCount, nameOf: NameOf): string {
  const rule = printable(nameOf(id));
  if (canary === undefined) return `${mode}: ${rule} would have alerted ${alerts} times`;
  const { both, onlyNew, onlyOld } = canary;
  const of = printable(nameOf(canary.of));
  return `${mode}: ${rule} would have alerted ${alerts} times in place of ${of}: ${both} of both, ${onlyNew} of it alone, ${onlyOld} of ${of} alone`;
}

export const lossesJson = ({ late, losses = [] }: RunSummary) => ({
  late: Object.fromEntries(late ?? []),
  losses: losses.map(lossJson),
});

function summaryJson(summary: RunSummary): object {
  const { records, events, alerts, deadLetters, tags, byLevel, waiting, dead, disabled, resumed, quiet = [] } = summary;
  return {
    version: 1,
    records,
    events,
    alerts,
    deadLetters,
    tags: Object.fromEntries(tags),
    byLevel: Object.fromEntries(byLevel),
    waiting: Object.fromEntries(waiting),
    dead: Object.fromEntries(dead),
    disabled,
    resumed,
    quiet,
    ...lossesJson(summary),
    ...(summary.open === undefined
      ? {}
      : { openWindows: { count: summary.open.windows, kept: summary.open.kept, undecided: summary.open.cut } }),
  };
}

function failing({ byLevel }: RunSummary, failOn: string | undefined): boolean {
  if (failOn === undefined) return false;
  return LEVELS.slice((LEVELS as readonly string[]).indexOf(failOn)).some((level) => byLevel.has(level));
}

export const registerRun: Register = (program, { io, runEngine, done }) => {
  program
    .command('run')
    .description('run the engine over the sources of the settings')
    .addOption(configOption())
    .option('--once', 'stop at the end of the inputs')
    .option('--keep-open', 'with --once: keep open windows for the next run over the same, grown inputs')
    .option('--skip-broken-rules', 'run without the rules that have errors')
    .addOption(new Option('--fail-on <level>', 'exit 1 if an alert of this level or above was opened').choices([...LEVELS]))
    .option(
      '--roles <list>',
      'what this process does in the distributed form: ingest, correlate, deliver, evidence, operate (default: the settings)',
    )
    .option('--activate', 'in the distributed form: make the rules of this process those of all')
    .addOption(outputOption())
    .action(async (flags: RunFlags) => done(await run(flags, io, runEngine)));
};
