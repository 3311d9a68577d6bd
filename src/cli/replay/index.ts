import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { type Settings, settingsSchema } from '../../config/settings.ts';
import { normalizersOf } from '../../pipeline/parts.ts';
import type { RunEngine } from '../../pipeline/run-options.ts';
import { readExpectations, type Unmet, unmet } from '../../rule/cases/expectations.ts';
import type { Ruleset } from '../../rule/load.ts';
import { loud } from '../../rule/loud.ts';
import { problemText } from '../../rule/problem.ts';
import { sha256Hex } from '../../shared/digest.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { createSink } from '../../sink/index.ts';
import { fileSourceSettings } from '../../source/settings.ts';
import { openStore } from '../../store/store.ts';
import { createLogger } from '../../telemetry/log.ts';
import { namedSettings, ruleSettingsOption, rulesOption, soundRules } from '../chosen-rules.ts';
import type { Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { instantOf, requireFormat } from '../flag-values.ts';
import type { Io } from '../io.ts';
import { junit } from '../junit.ts';
import type { LoadedFile } from '../load.ts';
import { lossesJson, lossLines, nameIn } from '../run.ts';
import { type Between, type Input, inputOf, within } from './inputs.ts';
import { deadLetterInputs } from './letters.ts';
import { fromOffset, fromOffsetOf } from './offsets.ts';
import { asBacktest, comparisonJson, comparisonOf, comparisonText, type Replayed, replayText, summaryOf } from './outcome.ts';
import { createPace, paced, speedOf } from './pace.ts';

type Flags = {
  readonly config?: string;
  readonly rules?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly fromOffset?: string;
  readonly speed?: string;
  readonly deadLetters?: string | true;
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
  const between = {
    since: instant(flags.since, '--since'),
    until: instant(flags.until, '--until'),
    fromOffset: fromOffsetOf(flags.fromOffset),
  };
  if (between.since !== undefined && between.until !== undefined && between.until <= between.since)
    throw new WardlineError('usage', '--until must be later than --since');
  requireFormat(flags.format);
  const speed = speedOf(flags.speed);
  const letters = flags.deadLetters === true ? storePathOf(loaded) : flags.deadLetters;
  if (inputs.length === 0 && letters === undefined) throw new WardlineError('usage', 'name an input, or give --dead-letters');
  const form = fileSourceSettings.safeParse({ kind: 'file', name: 'input', path: 'input', format: flags.format, timezone: flags.timezone });
  if (!form.success) throw new WardlineError('usage', form.error.issues.map(({ message }) => message).join('; '));
  const opened = [
    ...inputs.map((text, n) => inputOf(text, n, form.data, between, loaded?.settings, baseDir, io)),
    ...(letters === undefined ? [] : deadLetterInputs(letters, form.data, loaded?.settings, io)),
  ];
  if (opened.length === 0) {
    io.out('there are no dead letters to read again\n');
    return EXIT.ok;
  }
  const ruleset = loud(soundRules(flags.rules, loaded, io));
  const compared = flags.compare === undefined ? undefined : loud(soundRules(flags.compare, loaded, io));
  const expectations = flags.expect === undefined ? undefined : expectationsOf(flags.expect, io);
  const sink = sinkOf(flags.to, loaded?.settings, io);
  const run = (rulesOfRun: Ruleset): Promise<Replayed> =>
    once(
      opened,
      rulesOfRun,
      { settings: loaded?.settings, baseDir, between, speed, live: speed !== undefined && flags.output === 'table' },
      io,
      runEngine,
    );
  const replayed = await run(ruleset);
  if (io.stop.aborted) return EXIT.interrupted;
  const comparison = compared === undefined ? undefined : comparisonOf(await run(compared), replayed);
  const wrong = expectations === undefined ? [] : unmet(expectations, countsOf(replayed), (name) => idOf(ruleset, name));
  if (sink !== undefined) await deliver(replayed, sink, io);
  write(replayed, comparison, wrong, flags, io, io.clock.now() - began);
  return wrong.some(({ fails }) => fails) ? EXIT.findings : EXIT.ok;
}

const instant = (text: string | undefined, flag: string): number | undefined => (text === undefined ? undefined : instantOf(text, flag));

const storePathOf = (loaded: LoadedFile | undefined): string =>
  loaded === undefined ? 'wardline.db' : resolve(loaded.baseDir, loaded.settings.state.path);

function expectationsOf(path: string, io: Io) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WardlineError('usage', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
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
  readonly between: Between;
  /** Undefined: as fast as it goes. */
  readonly speed: number | undefined;
  /** Alerts are printed as they open. */
  readonly live: boolean;
};

/** One pass of the engine over the inputs. */
async function once(
  inputs: readonly Input[],
  ruleset: Ruleset,
  { settings, baseDir, between, speed, live }: Frame,
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
      sinks: live ? [{ kind: 'console', name: 'console', format: 'table' }] : [],
      canaries: [],
      reports: [],
      state: { kind: 'sqlite', path },
      notify: undefined,
      transport: undefined,
      admin: undefined,
    };
    const normalizers = normalizersOf(own);
    const pace = speed === undefined ? undefined : createPace(speed, io.clock);
    let drawn = 0;
    const summary = await runEngine({
      settings: own,
      inputs: inputs.map((input) => {
        const source = input.open({ clock: io.clock, logger });
        const normalizer = normalizers.get(source.name);
        if (normalizer === undefined) return source;
        const chosen = within(fromOffset(source, between.fromOffset), normalizer, between);
        return pace === undefined ? chosen : paced(chosen, normalizer, pace, io.clock);
      }),
      ruleset,
      baseDir,
      clock: io.clock,
      logger,
      write: live ? io.out : () => undefined,
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
      const lost = { lines: lossLines(summary, nameIn(ruleset)), json: lossesJson(summary) };
      return { records, events, deadLetters, lost, transitions, opened: summary.opened.map((alert) => asBacktest(alert, name)) };
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
        `${JSON.stringify({ version: 1, ...summaryOf(replayed), ...(comparison === undefined ? {} : { comparison: comparisonJson(comparison) }), unmet: wrong })}\n`,
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
    .argument('[input...]', 'files, folders, source:NAME, kafka://broker:9092/topic, elasticsearch+https://host:9200/index')
    .description('history through the engine: what rules would have alerted; nobody is told unless --to')
    .addOption(
      ruleSettingsOption('their rules, signed packs and placeholders, tables, redaction, log sources, lateness, sources and sinks by name'),
    )
    .addOption(rulesOption())
    .option('--since <time>', 'only events from here on')
    .option('--until <time>', 'only events before')
    .option('--from-offset <offset>', 'only records from this offset on: 1200, or 0:1200,3:80 by partition (files: byte offsets)')
    .option('--dead-letters [store]', 'the records of a store that could not be read (default: the store of the settings)')
    .option('--speed <factor>', 'as fast as it happened (1), so many times as fast (60), or max; alerts are printed as they open', 'max')
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
