import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { type Settings, settingsSchema } from '../../config/settings.ts';
import { parseIsoTime } from '../../event/time.ts';
import { normalizersOf } from '../../pipeline/parts.ts';
import type { RunEngine } from '../../pipeline/run-options.ts';
import { readExpectations, type Unmet, unmet } from '../../rule/cases/expectations.ts';
import type { Ruleset } from '../../rule/load.ts';
import { loud } from '../../rule/loud.ts';
import { problemText } from '../../rule/problem.ts';
import { sha256Hex } from '../../shared/digest.ts';
import { WardlineError } from '../../shared/errors.ts';
import { createSink } from '../../sink/index.ts';
import { fileSourceSettings } from '../../source/settings.ts';
import { openStore } from '../../store/store.ts';
import { createLogger } from '../../telemetry/log.ts';
import { namedSettings, soundRules } from '../chosen-rules.ts';
import type { Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { junit } from '../junit.ts';
import { type Input, inputOf, within } from './inputs.ts';
import { asBacktest, comparisonOf, comparisonText, type Replayed, replayText, summaryOf } from './outcome.ts';

type Flags = {
  readonly config?: string;
  readonly rules?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly expect?: string;
  readonly compare?: readonly string[];
  readonly to?: string;
  readonly format?: string;
  readonly timezone?: string;
  readonly output: 'table' | 'json' | 'ndjson' | 'junit';
};

/** `wardline replay INPUT...`: history through the engine, with a store of its own that is thrown away; nobody is told unless `--to`. */
async function replay(inputs: readonly string[], flags: Flags, io: Io, runEngine: RunEngine): Promise<number> {
  const began = io.clock.now();
  const loaded = namedSettings(flags, io);
  const baseDir = loaded?.baseDir ?? process.cwd();
  const between = { since: instant(flags.since, '--since'), until: instant(flags.until, '--until') };
  const form = fileSourceSettings.safeParse({ kind: 'file', name: 'input', path: 'input', format: flags.format, timezone: flags.timezone });
  if (!form.success) throw new WardlineError('usage', form.error.issues.map(({ message }) => message).join('; '));
  const opened = inputs.map((text, n) => inputOf(text, n, form.data, between, loaded?.settings, baseDir, io));
  const ruleset = loud(soundRules(flags.rules, loaded, io));
  const compared = flags.compare === undefined ? undefined : loud(soundRules(flags.compare, loaded, io));
  const expectations = flags.expect === undefined ? undefined : expectationsOf(flags.expect, io);
  const sink = sinkOf(flags.to, loaded?.settings, io);
  const run = (rulesOfRun: Ruleset): Promise<Replayed> =>
    once(opened, rulesOfRun, { settings: loaded?.settings, baseDir, between }, io, runEngine);
  const replayed = await run(ruleset);
  if (io.stop.aborted) return EXIT.interrupted;
  const comparison = compared === undefined ? undefined : comparisonOf(await run(compared), replayed);
  const wrong = expectations === undefined ? [] : unmet(expectations, countsOf(replayed), (name) => idOf(ruleset, name));
  if (sink !== undefined) await deliver(replayed, sink, io);
  write(replayed, comparison, wrong, flags, io, io.clock.now() - began);
  return wrong.some(({ fails }) => fails) ? EXIT.findings : EXIT.ok;
}

function instant(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const time = parseIsoTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)?.time;
  if (time === undefined)
    throw new WardlineError('usage', `${flag} takes an instant such as 2026-11-20 or 2026-11-20T08:00:00Z, not "${text}"`);
  return Number(time / 1_000_000n);
}

function expectationsOf(path: string, io: Io) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${String(error)}`, { cause: error });
  }
  const { expectations, problems } = readExpectations({ path, text });
  if (expectations !== undefined) return expectations;
  io.err(`${problems.map(problemText).join('\n')}\n`);
  throw new WardlineError('usage', `${path} holds no expectations`);
}

function sinkOf(name: string | undefined, settings: Settings | undefined, io: Io) {
  if (name === undefined) return undefined;
  const found = settings?.sinks.find((sink) => sink.name === name);
  if (found === undefined)
    throw new WardlineError(
      'usage',
      settings === undefined ? '--to names a sink of the settings (--config)' : `the settings have no sink "${name}"`,
    );
  return createSink(found, { clock: io.clock, logger: createLogger('warn'), write: io.out });
}

type Frame = {
  readonly settings: Settings | undefined;
  readonly baseDir: string;
  readonly between: { readonly since: number | undefined; readonly until: number | undefined };
};

/** One pass of the engine over the inputs. */
async function once(
  inputs: readonly Input[],
  ruleset: Ruleset,
  { settings, baseDir, between }: Frame,
  io: Io,
  runEngine: RunEngine,
): Promise<Replayed> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-replay-'));
  const path = join(folder, 'wardline.db');
  const logger = createLogger('warn');
  try {
    // Of the settings what decides is kept, and what reaches out is not.
    const own: Settings = {
      ...(settings ?? settingsSchema.parse({ sources: [{ kind: 'stdin', name: 'none' }] })),
      sources: inputs.map((input) => input.settings),
      sinks: [],
      canaries: [],
      reports: [],
      state: { kind: 'sqlite', path },
      notify: undefined,
      transport: undefined,
      admin: undefined,
    };
    const normalizers = normalizersOf(own);
    let drawn = 0;
    const summary = await runEngine({
      settings: own,
      inputs: inputs.map((input) => {
        const source = input.open({ clock: io.clock, logger });
        const normalizer = normalizers.get(source.name);
        return normalizer === undefined ? source : within(source, normalizer, between);
      }),
      ruleset,
      baseDir,
      clock: io.clock,
      logger,
      write: () => undefined,
      signal: io.stop,
      onProgress: ({ records, alerts }) => {
        if (!io.interactive || io.clock.now() - drawn < 500) return;
        drawn = io.clock.now();
        io.err(`\r${records} records, ${alerts} alerts`);
      },
    });
    if (io.interactive && drawn > 0) io.err('\r\u001b[K');
    const store = openStore(path, { readOnly: true });
    const name = `backtest-${sha256Hex(JSON.stringify([ruleset.digest, inputs.map((input) => input.settings.name)])).slice(0, 12)}`;
    try {
      const transitions = store.alerts.after(0, Number.MAX_SAFE_INTEGER).map((alert) => asBacktest(alert, name));
      const { records, events, deadLetters } = summary;
      return { records, events, deadLetters, transitions, opened: summary.opened.map((alert) => asBacktest(alert, name)) };
    } finally {
      store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives the alerts to one sink, marked; what it does not take is said. */
async function deliver({ transitions }: Replayed, sink: NonNullable<ReturnType<typeof sinkOf>>, io: Io): Promise<void> {
  const size = sink.pace?.batch ?? 500;
  try {
    for (let i = 0; i < transitions.length; i += size) {
      const outcomes = await sink.write(transitions.slice(i, i + size), io.stop);
      const failed = outcomes.find(({ outcome }) => outcome !== 'stored' && outcome !== 'duplicate' && outcome !== 'skipped');
      if (failed !== undefined)
        throw new WardlineError('sink', `${sink.name} did not take an alert: ${'reason' in failed ? failed.reason : failed.outcome}`);
    }
  } finally {
    await sink.close();
  }
}

const idOf = ({ byId }: Ruleset, name: string): string | undefined =>
  byId.has(name) ? name : [...byId.values()].find(({ meta }) => meta.name === name)?.id;
const countsOf = (replayed: Replayed): ReadonlyMap<string, number> =>
  new Map(summaryOf(replayed).rules.map(({ id, alerts }) => [id, alerts]));

function write(
  replayed: Replayed,
  comparison: ReturnType<typeof comparisonOf> | undefined,
  wrong: readonly Unmet[],
  flags: Flags,
  io: Io,
  elapsedMs: number,
): void {
  switch (flags.output) {
    case 'ndjson':
      for (const { document } of replayed.transitions) io.out(`${JSON.stringify(document)}\n`);
      for (const { message } of wrong) io.err(`${message}\n`);
      return;
    case 'json':
      io.out(
        `${JSON.stringify({ version: 1, ...summaryOf(replayed), ...(comparison === undefined ? {} : { comparison }), unmet: wrong })}\n`,
      );
      return;
    case 'junit':
      io.out(
        junit(
          wrong.length === 0
            ? [{ suite: 'replay', name: 'expectations', seconds: elapsedMs / 1000 }]
            : wrong.map(({ rule, message, fails }) => ({ suite: 'replay', name: rule, seconds: 0, failure: fails ? message : undefined })),
        ),
      );
      return;
    case 'table':
      io.out(replayText(replayed, elapsedMs));
      if (comparison !== undefined) io.out(comparisonText(comparison));
      for (const { message, fails } of wrong) io.out(`${fails ? 'UNMET' : 'note'}  ${message}\n`);
  }
}

export const registerReplay: Register = (program, { io, runEngine, done }) => {
  program
    .command('replay')
    .alias('backtest')
    .argument('<input...>', 'files, folders, source:NAME, kafka://broker:9092/topic, elasticsearch+https://host:9200/index')
    .description('history through the engine: what rules would have alerted; nobody is told unless --to')
    .option('-c, --config <file>', 'settings: tables, redaction, log sources, lateness, sources and sinks by name')
    .option('-r, --rules <path...>', 'rule files and folders (default: those of the settings, or rules)')
    .option('--since <time>', 'only events from here on')
    .option('--until <time>', 'only events before')
    .option('--expect <file>', 'what must come out, rule by rule; else exit 1')
    .option('--compare <path...>', 'another ruleset over the same inputs: alerts that only one of them makes')
    .option('--to <sink>', 'give the alerts, marked as backtest, to a sink of the settings')
    .option('--format <name>', 'log format (default: recognised)')
    .option('--timezone <zone>', 'zone of local times')
    .addOption(
      new Option('-o, --output <form>', 'form of the output; ndjson has every alert')
        .choices(['table', 'json', 'ndjson', 'junit'])
        .default('table'),
    )
    .action(async (inputs: string[], flags: Flags) => done(await replay(inputs, flags, io, runEngine)));
};
