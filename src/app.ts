import { resolve } from 'node:path';
import { openAdmin } from './admin/open.ts';
import { loadTables } from './enrich/load.ts';
import type { LedgerEntry } from './evidence/entry.ts';
import { createLedger } from './evidence/ledger.ts';
import { ledgerStateOf } from './evidence/ledger-state.ts';
import { createProvider } from './lookup/index.ts';
import type { Normalizer } from './normalize/normalizer.ts';
import { createAggregating } from './pipeline/aggregating.ts';
import { type Background, createBackground } from './pipeline/background.ts';
import { type Board, createBoard, observeBoard } from './pipeline/board.ts';
import { createCanaries } from './pipeline/canaries.ts';
import { createCheckpoints } from './pipeline/checkpoints.ts';
import { createDelivery, offerAgain } from './pipeline/deliver.ts';
import { createDoubts } from './pipeline/doubts.ts';
import type { EngineDeps, RulesetParts } from './pipeline/engine.ts';
import { createHeapGuard, HEAP_FULL } from './pipeline/heap-guard.ts';
import { createLagLook } from './pipeline/lag.ts';
import { createLosses } from './pipeline/losses.ts';
import { createMeters } from './pipeline/meters.ts';
import { createNotifying } from './pipeline/notifying.ts';
import { sinkStatuses, timedIngest, traced } from './pipeline/observed.ts';
import { createObservedEngine, unrouted } from './pipeline/observed-engine.ts';
import { openSources } from './pipeline/open-sources.ts';
import { createBell, finishOutboxes, runOutbox } from './pipeline/outbox-loop.ts';
import { createOutside } from './pipeline/outside.ts';
import { normalizersOf, partsOf } from './pipeline/parts.ts';
import { createQuietRules, QUIET_RULES } from './pipeline/quiet-rules.ts';
import { createReader } from './pipeline/reader.ts';
import { createReplay } from './pipeline/replay.ts';
import { takeResets } from './pipeline/resets.ts';
import { retryDelayMs } from './pipeline/retry-schedule.ts';
import type { RunOptions, RunSummary } from './pipeline/run-options.ts';
import { endOf, levels, opens, undelivered } from './pipeline/summary.ts';
import { everyTick } from './pipeline/ticks.ts';
import { createTopicLane } from './pipeline/topic-lane.ts';
import { createWitness } from './pipeline/witness.ts';
import type { RuleId } from './rule/ir/rule.ts';
import type { Ruleset } from './rule/load.ts';
import { WardlineError } from './shared/errors.ts';
import { heapOfProcess } from './shared/memory.ts';
import { VERSION } from './shared/version.ts';
import { createSink } from './sink/index.ts';
import type { AlertDocument } from './sink/sink.ts';
import { registryOf } from './source/index.ts';
import { openStore, type Store } from './store/store.ts';
import { silentTelemetry, type Telemetry } from './telemetry/telemetry.ts';

const DRAIN_MS = 20_000;
const RELOAD_MS = 2000;

/** Builds every part and runs until the inputs end or `signal` aborts. Throws WardlineError when a source cannot go on. */
export async function runEngine(options: RunOptions): Promise<RunSummary> {
  const { settings, baseDir, clock, logger, telemetry = silentTelemetry(logger) } = options;
  const board = createBoard(settings, clock);
  observeBoard(telemetry.metrics, board, clock);
  if (options.brokenRules !== undefined) board.ask({ brokenRules: options.brokenRules });
  const store = openStore(resolve(baseDir, settings.state.path));
  // Up before anything is restored: who asks meanwhile is told so.
  const admin = await openAdmin(options, board, telemetry, store);
  const background = createBackground(options.signal);
  try {
    return await runWith(store, options, board, telemetry, background);
  } catch (error) {
    await background.abandon();
    throw background.failure()?.error ?? error;
  } finally {
    await admin?.close();
    store.close();
  }
}

async function runWith(store: Store, options: RunOptions, board: Board, telemetry: Telemetry, background: Background): Promise<RunSummary> {
  const { settings, ruleset, baseDir, clock, logger, signal } = options;
  const sinks = settings.sinks.map((sink) => createSink(sink, { clock, logger, write: options.write }));
  const witness = createWitness(createLedger(ledgerStateOf(store.ledger.entries() as unknown as Iterable<LedgerEntry>)), settings.sources);
  const tables = loadTables(settings.enrich, baseDir);
  for (const { path, kind, entries, skipped } of tables?.files ?? [])
    logger.info({ path, kind, entries, skipped: Object.fromEntries(skipped) }, 'a table was read');
  const normalizers = normalizersOf(settings, tables?.enrichment);
  const normalizerOf = (source: string): Normalizer => normalizers.get(source) as Normalizer;
  const meters = createMeters(telemetry.metrics, board);
  const outside = createOutside({
    providers: settings.facts.map((fact) => createProvider(fact, { clock, baseDir })),
    normalizerOf,
    clock,
    logger,
  });
  outside.use(ruleset);
  const quiet = createQuietRules(store.reducers.load(QUIET_RULES)?.state, meters.quiet);
  const partsFor = (rules: Ruleset): RulesetParts => {
    quiet.use(rules.byId);
    const parts = timedIngest(partsOf(rules, settings, outside), telemetry);
    return { ...parts, toAlert: (firing, latest) => (quiet.observe(firing) ? undefined : parts.toAlert(firing, latest)) };
  };
  let active = { ruleset, parts: partsFor(ruleset) };
  const doubts = createDoubts(logger);
  const seal: EngineDeps['seal'] = () => {
    store.reducers.save(QUIET_RULES, quiet.snapshot(), 0);
    return witness.seal();
  };
  const late = new Map<string, number>();
  const engine = createObservedEngine(options, {
    store,
    witness,
    meters,
    doubts,
    late,
    normalizerOf,
    parts: active.parts,
    seal,
  });
  for (const id of engine.damagedCheckpoints)
    logger.warn({ checkpoint: id }, 'a damaged checkpoint was passed over; going on from the one before');
  const activated = (rules: Ruleset): void => {
    witness.activate(rules, settings, tables?.enrichment.digest, clock.now());
    board.activated({ digest: rules.digest, rules: rules.byId.size }, rules);
    telemetry.metrics.add('wardline.ruleset.activations', 1);
  };
  activated(ruleset);
  board.ask({
    sinks: () => sinkStatuses(store, settings, clock.now()),
    state: engine.stats,
    ledger: witness.head,
  });

  const resets = takeResets({ partitions: store.partitions, engine, observe: witness.reset });
  for (const { source, topic, actor, reason } of resets) logger.warn({ source, topic, actor, reason }, 'a topic is read as another log');

  const losses = createLosses({ clock, logger, meter: meters.lost });
  const observeLosses = losses.after(engine.losses());
  const bell = createBell(clock);
  const topics = createTopicLane(settings, store, clock, logger);
  const canaries = createCanaries(settings.canaries, {
    parts: () => active.parts,
    normalizerOf,
    ruleOf: (name) => ruleNamed(active.ruleset, name),
    allowedLateness: settings.engine.allowedLateness,
    deliver(alert, receiver) {
      store.transaction(() => store.alerts.append([alert], [receiver]));
      bell.ring();
    },
    observe(step) {
      witness.canary(step);
      meters.canary(step);
    },
    logger,
    topics,
  });
  const stopped = new AbortController();
  const cut = new AbortController();
  const ticking = new AbortController();
  background.onAbandon(() => {
    for (const one of [stopped, cut, ticking]) one.abort();
  });
  const deliveries = sinks.map((sink) =>
    createDelivery({
      sink: traced(sink, clock, telemetry),
      outbox: store.outbox,
      clock,
      logger,
      onOutcome(name, outcomes) {
        witness.delivered(name, outcomes, clock.now());
        meters.delivered(name, outcomes);
        canaries.delivered(outcomes, clock.now());
      },
      retryDelayMs: (attempt) => (sink.retryDelayMs ?? retryDelayMs)(attempt, Math.random()),
    }),
  );
  store.outbox.register(sinks.map(({ name }) => name));
  for (const { name } of sinks) offerAgain(store.outbox, name, clock.now());
  const aggregating = createAggregating(store, { ...settings, engineVersion: VERSION, sinks: unrouted(settings) });
  const notifying = settings.notify === undefined ? undefined : createNotifying(store, settings.notify, clock, meters.notified);
  const delivering = deliveries.map((turn) => background.run(() => runOutbox(turn, bell, clock, stopped.signal, cut.signal)));
  const sources = options.inputs ?? openSources(settings, { store, baseDir, meters, clock, logger });

  let sourcesClosed: Promise<unknown> | undefined;
  const closeSources = (): Promise<unknown> => (sourcesClosed ??= Promise.all(sources.map((source) => source.close())));
  let edgesClosed: Promise<unknown> | undefined;
  const closeEdges = (): Promise<unknown> =>
    (edgesClosed ??= Promise.all([...sinks.map((sink) => sink.close()), outside.close(), topics.close()]));
  background.onAbandon(closeSources);
  background.onAbandon(closeEdges);

  const registries = new Map(settings.sources.map((source) => [source.name, registryOf(source, { clock, logger })]));
  const replay = createReplay({
    letters: store.deadLetters,
    engine,
    logger,
    preparers: new Map([...registries].map(([name, registry]) => [name, registry?.prepare ?? (async (records) => records)])),
  });

  const progress = { records: 0, events: 0, alerts: 0, deadLetters: 0 };
  const opened: AlertDocument[] = [];
  const count = (alerts: readonly AlertDocument[]): void => {
    for (const alert of alerts) if (opens(alert)) opened.push(alert);
    progress.alerts = opened.length;
    meters.alerts(alerts, clock.now());
    if (alerts.length > 0) bell.ring();
  };

  /** Risk and incidents follow the alerts that are stored. */
  const aggregate = (): void => {
    const made = aggregating.turn();
    witness.alerts(made);
    count(made);
  };
  const checkpoints = createCheckpoints({
    engine,
    sources,
    settings: settings.engine,
    board,
    telemetry,
    clock,
    logger,
    before: () => observeLosses(engine.losses()),
  });
  const reader = createReader({
    engine,
    sources,
    canaries,
    outside,
    checkpoints,
    board,
    telemetry,
    clock,
    inputs: background.inputs,
    onAlerts: count,
    onRecords(records) {
      progress.records += records;
      options.onProgress?.(progress);
    },
  });

  let lastLook = clock.now();
  const reload = async (): Promise<void> => {
    if (options.reload === undefined || clock.now() - lastLook < RELOAD_MS) return;
    lastLook = clock.now();
    const next = options.reload();
    if (next === undefined) return;
    // What was read under the old rules is evidence under the old rules.
    await checkpoints.take();
    outside.use(next);
    active = { ruleset: next, parts: partsFor(next) };
    engine.activate(active.parts);
    activated(next);
  };

  const askLag = createLagLook(settings, sources, engine, board, clock);
  const heapFull = createHeapGuard(options.heap ?? heapOfProcess);
  const turn = async (): Promise<void> => {
    board.beat();
    const full = heapFull();
    if (full !== undefined) {
      logger.error({}, full);
      throw new WardlineError('internal', HEAP_FULL);
    }
    askLag();
    await reload();
    if (canaries.turn(clock.now()) > 0) await checkpoints.take();
    count(engine.act());
    aggregate();
    if ((notifying?.turn() ?? 0) > 0) bell.ring();
    count(await replay());
    reader.idle(Number(settings.engine.idleAfter / 1_000_000n));
    if (checkpoints.overdue()) await checkpoints.take();
  };
  const ticks = background.run(() => everyTick(clock, ticking.signal, turn));

  // What somebody asked for before the start comes before the inputs may end.
  count(await replay());
  board.phase('running');
  await Promise.all(sources.map((source) => background.run(() => reader.read(source))));
  ticking.abort();
  await ticks;
  const failure = background.failure()?.error;
  board.phase('stopping');
  const ended = failure === undefined && !signal.aborted;
  const open = ended ? endOf(engine, options) : undefined;
  if (open !== undefined) count(open.alerts);
  observeLosses(engine.losses(), true);
  count(engine.act());
  aggregate();
  witness.shutdown(clock.now(), failure !== undefined ? 'source failed' : ended ? 'inputs ended' : 'stopped');
  await checkpoints.take();
  await closeSources();
  if (ended) notifying?.settle();
  else notifying?.turn();
  stopped.abort();
  bell.ring();
  const until = clock.now() + DRAIN_MS;
  const patience = setTimeout(() => cut.abort(), DRAIN_MS);
  await finishOutboxes(delivering, deliveries, clock, until);
  clearTimeout(patience);
  const unsaid = background.failure()?.error;
  await closeEdges();
  // Deliveries made while draining are evidence as well.
  engine.checkpoint();
  if (unsaid !== undefined) throw unsaid instanceof Error ? unsaid : new WardlineError('source', String(unsaid));
  return {
    ...progress,
    events: witness.events(),
    deadLetters: witness.deadLetters(),
    tags: doubts.totals(),
    byLevel: levels(opened),
    ...undelivered(store),
    opened,
    resumed: engine.resumed,
    quiet: quiet.counts(),
    late,
    losses: losses.totals(),
    ...(open === undefined ? {} : { open: { windows: open.windows, kept: open.kept, cut: open.cut } }),
  };
}

/** A rule by its id or its name. */
function ruleNamed({ byId }: Ruleset, name: string): RuleId | undefined {
  return byId.has(name) ? name : [...byId.values()].find(({ meta }) => meta.name === name)?.id;
}
