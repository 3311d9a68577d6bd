import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openAdmin } from './admin/open.ts';
import type { Settings } from './config/settings.ts';
import { loadTables } from './enrich/load.ts';
import type { LedgerEntry } from './evidence/entry.ts';
import { createLedger } from './evidence/ledger.ts';
import { ledgerStateOf } from './evidence/ledger-state.ts';
import { createProvider } from './lookup/index.ts';
import type { Normalizer } from './normalize/normalizer.ts';
import { receiversOf } from './notify/settings.ts';
import { createAggregating } from './pipeline/aggregating.ts';
import { type Background, createBackground } from './pipeline/background.ts';
import { createBarrier } from './pipeline/barrier.ts';
import { type Board, createBoard, observeBoard } from './pipeline/board.ts';
import { createCanaries } from './pipeline/canaries.ts';
import { createDelivery, offerAgain } from './pipeline/deliver.ts';
import { createDoubts, type Doubts } from './pipeline/doubts.ts';
import { createEngine, type Engine, type EngineDeps, type RulesetParts } from './pipeline/engine.ts';
import { createHeapGuard, HEAP_FULL } from './pipeline/heap-guard.ts';
import { createLosses } from './pipeline/losses.ts';
import { createMeters, type Meters } from './pipeline/meters.ts';
import { createNotifying } from './pipeline/notifying.ts';
import { sinkStatuses, timedIngest, traced } from './pipeline/observed.ts';
import { createBell, finishOutboxes, runOutbox } from './pipeline/outbox-loop.ts';
import { createOutside } from './pipeline/outside.ts';
import { normalizersOf, partsOf } from './pipeline/parts.ts';
import { createQuietRules, QUIET_RULES } from './pipeline/quiet-rules.ts';
import { createReplay } from './pipeline/replay.ts';
import { takeResets } from './pipeline/resets.ts';
import { retryDelayMs } from './pipeline/retry-schedule.ts';
import type { RunOptions, RunSummary } from './pipeline/run-options.ts';
import { createSlices } from './pipeline/slices.ts';
import { tellNote } from './pipeline/tell-note.ts';
import { createTopicLane } from './pipeline/topic-lane.ts';
import { createWitness, type Witness } from './pipeline/witness.ts';
import type { RuleId } from './rule/ir/rule.ts';
import type { Ruleset } from './rule/load.ts';
import type { Clock } from './shared/clock.ts';
import { WardlineError } from './shared/errors.ts';
import { heapOfProcess } from './shared/memory.ts';
import { VERSION } from './shared/version.ts';
import { createSink } from './sink/index.ts';
import type { AlertDocument } from './sink/sink.ts';
import { REPEAT_WINDOW_MS } from './source/inbox.ts';
import { createSource, registryOf } from './source/index.ts';
import type { Batch, Source } from './source/source.ts';
import type { OutboxCounts } from './store/outbox.ts';
import { openStore, type Store } from './store/store.ts';
import { silentTelemetry, type Telemetry } from './telemetry/telemetry.ts';

const DRAIN_MS = 20_000;
const TICK_MS = 1000;
const RELOAD_MS = 2000;
const LAG_MS = 5000;

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
  const engine = buildEngine(store, options, witness, meters, { doubts, late }, normalizerOf, active.parts, seal);
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
  const sources =
    options.inputs ??
    settings.sources.map((source) =>
      createSource(source.kind === 'file' ? { ...source, path: resolve(baseDir, source.path) } : source, {
        clock,
        logger,
        register: store.partitions.of(source.name),
        inboxOf(name, maxBytes) {
          const inbox = store.inbox.of(name, { maxBytes, repeatWindowMs: REPEAT_WINDOW_MS });
          return {
            ...inbox,
            append(entries) {
              const outcomes = inbox.append(entries);
              meters.inbox(name, outcomes);
              return outcomes;
            },
          };
        },
      }),
    );

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
    for (const alert of alerts) if (stageOf(alert) === 'opened') opened.push(alert);
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
  let lastCheckpoint = clock.now();
  const checkpoint = async (): Promise<void> => {
    observeLosses(engine.losses());
    const begun = performance.now();
    engine.checkpoint();
    telemetry.metrics.record('wardline.checkpoint.seconds', (performance.now() - begun) / 1000);
    lastCheckpoint = clock.now();
    board.checkpointed();
    await Promise.all(
      sources.map((source) =>
        source
          .commit(engine.positions(source.name))
          .catch((error: unknown) => logger.warn({ source: source.name, error: String(error) }, 'the source did not take the positions')),
      ),
    );
  };
  const seen = new Map<string, number>();
  const slices = createSlices();
  const batchesOf = async function* (source: Source): AsyncGenerator<Batch> {
    try {
      yield* source.batches(engine.positions(source.name), background.inputs);
    } finally {
      announced.arrive(source.name);
    }
  };
  const announced = createBarrier(sources.filter((source) => source.announces === true).map(({ name }) => name));
  const read = async (source: Source): Promise<void> => {
    for await (const whole of batchesOf(source)) {
      if (whole.awaits !== undefined) {
        count(engine.step(source.name, whole));
        announced.arrive(source.name);
        // Files wait for one another; partitions of a broker are read side by side, and one that gives nothing is idle.
        if (source.announces !== true) for (const one of whole.awaits) seen.set(`${one}/${source.name}`, clock.now());
        continue;
      }
      // Else the first records of one source would end windows that others have matches for.
      await announced.all;
      for (const batch of slices.of(whole)) {
        const records = canaries.take(batch.records);
        await outside.prepare(source.name, records);
        const [begunAt, begun] = [clock.now(), performance.now()];
        const fresh = engine.step(source.name, { ...batch, records });
        const tookMs = performance.now() - begun;
        slices.took(batch.records.length, tookMs);
        telemetry.metrics.record('wardline.step.seconds', tookMs / 1000, { source: source.name });
        telemetry.tracer.span('wardline.step', begunAt, clock.now(), {
          'wardline.source': source.name,
          'wardline.partition': batch.partition,
          'wardline.records': batch.records.length,
          'wardline.alerts': fresh.length,
        });
        count(fresh);
        board.took(source.name, batch, engine.newest(source.name, batch.partition));
        progress.records += batch.records.length;
        seen.set(`${batch.partition}/${source.name}`, clock.now());
        options.onProgress?.(progress);
        const due =
          engine.pending() >= settings.engine.checkpointEvery ||
          clock.now() - lastCheckpoint >= Number(settings.engine.checkpointInterval / 1_000_000n);
        if (due) await checkpoint();
        // Probes, receivers and operators come between two slices of one batch.
        if (batch.records.at(-1) !== whole.records.at(-1)) await setImmediate();
      }
    }
  };

  let lastLook = clock.now();
  const reload = async (): Promise<void> => {
    if (options.reload === undefined || clock.now() - lastLook < RELOAD_MS) return;
    lastLook = clock.now();
    const next = options.reload();
    if (next === undefined) return;
    // What was read under the old rules is evidence under the old rules.
    await checkpoint();
    outside.use(next);
    active = { ruleset: next, parts: partsFor(next) };
    engine.activate(active.parts);
    activated(next);
  };

  let lagAskedAt = 0;
  /** For people and probes alone; a source that does not answer holds nothing up. */
  const askLag = (): void => {
    if (settings.admin === undefined && settings.telemetry.otlp === undefined) return;
    if (clock.now() - lagAskedAt < LAG_MS) return;
    lagAskedAt = clock.now();
    for (const source of sources)
      void source.behind?.(engine.positions(source.name)).then(
        (lag) => lag !== undefined && board.lag(source.name, Number(lag)),
        () => undefined,
      );
  };

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
    if (canaries.turn(clock.now()) > 0) await checkpoint();
    count(engine.act());
    aggregate();
    if ((notifying?.turn() ?? 0) > 0) bell.ring();
    count(await replay());
    const idleMs = Number(settings.engine.idleAfter / 1_000_000n);
    for (const [key, at] of seen) {
      if (clock.now() - at < idleMs) continue;
      seen.delete(key);
      const slash = key.indexOf('/');
      count(engine.idle(key.slice(slash + 1), Number(key.slice(0, slash))));
    }
    if (engine.pending() > 0 && clock.now() - lastCheckpoint >= Number(settings.engine.checkpointInterval / 1_000_000n)) await checkpoint();
  };
  const ticks = background.run(() => tick(clock, ticking.signal, turn));

  // What somebody asked for before the start comes before the inputs may end.
  count(await replay());
  board.phase('running');
  await Promise.all(sources.map((source) => background.run(() => read(source))));
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
  await checkpoint();
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

/** Every input has ended: what is open is decided, or kept for the next run. */
function endOf(engine: Engine, { keepOpen = false, logger }: RunOptions) {
  const windows = engine.open();
  const { alerts, cut } = keepOpen ? { alerts: [], cut: 0 } : engine.end();
  if (windows > 0)
    logger.info(
      { windows, cut },
      keepOpen ? 'open windows are kept for the next run' : 'open windows were decided at the end of the inputs',
    );
  return { windows, kept: keepOpen, cut, alerts };
}

function undelivered({ outbox }: Store): Pick<RunSummary, 'waiting' | 'dead' | 'disabled'> {
  const counts = [...outbox.counts()];
  const some = (read: (one: OutboxCounts) => number) =>
    new Map(counts.flatMap(([sink, one]) => (read(one) > 0 ? [[sink, read(one)] as const] : [])));
  return {
    waiting: some(({ waiting }) => waiting),
    dead: some(({ dead }) => dead),
    disabled: [...outbox.receivers()].flatMap(([sink, { state }]) => (state === 'disabled' ? [sink] : [])),
  };
}

function buildEngine(
  store: Store,
  { settings, clock, logger }: RunOptions,
  witness: Witness,
  meters: Meters,
  { doubts, late }: { readonly doubts: Doubts; readonly late: Map<string, number> },
  normalizerOf: (source: string) => Normalizer,
  parts: RulesetParts,
  seal: EngineDeps['seal'],
): Engine {
  return createEngine({
    store,
    parts,
    sinks: unrouted(settings),
    allowedLateness: settings.engine.allowedLateness,
    normalizerOf,
    observe(report) {
      const { source, batch, ingested } = report;
      witness.step(report);
      meters.ingested(source, batch.records, ingested);
      doubts.observe(source, ingested.counts.tags);
      if (ingested.counts.late > 0) late.set(source, (late.get(source) ?? 0) + ingested.counts.late);
      if (batch.gap !== undefined) meters.gap(source, batch.partition, batch.gap);
    },
    observeAlerts: witness.alerts,
    observeAction(action, before, after) {
      witness.action(action, before, after);
      meters.action(action);
    },
    observeSilence(change) {
      witness.silence(change);
      if (settings.notify === undefined)
        logger.warn({ silence: change.after.id }, 'a silence without routes ("notify") keeps nobody quiet');
    },
    observeAttestation: witness.attested,
    observeReplay: (record, read) => witness.replayed(record, read, clock.now()),
    observeNote(note) {
      witness.note(note);
      meters.note(note);
      tellNote(note, logger);
    },
    tenant: settings.tenant,
    seal,
  });
}

/** Sinks that get every alert: those that no route notifies. */
function unrouted({ sinks, notify }: Settings): readonly string[] {
  const routed = new Set(notify === undefined ? [] : receiversOf(notify.route));
  return sinks.map(({ name }) => name).filter((name) => !routed.has(name));
}

/** A rule by its id or its name. */
function ruleNamed({ byId }: Ruleset, name: string): RuleId | undefined {
  return byId.has(name) ? name : [...byId.values()].find(({ meta }) => meta.name === name)?.id;
}

async function tick(clock: Clock, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal);
    if (!signal.aborted) await work();
  }
}

function stageOf({ document }: AlertDocument): string {
  const wardline = document['wardline'] as { alert?: { stage?: string } } | undefined;
  return wardline?.alert?.stage ?? '';
}

function levels(alerts: readonly AlertDocument[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { document } of alerts) {
    const level = (document['wardline'] as { alert: { severity: string } }).alert.severity;
    found.set(level, (found.get(level) ?? 0) + 1);
  }
  return found;
}
