import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { openAdmin } from './admin/open.ts';
import type { Settings, TransportSettings } from './config/settings.ts';
import type { RuleLosses } from './correlate/correlator.ts';
import type { Normalizer } from './normalize/normalizer.ts';
import { type Board, createBoard, observeBoard } from './pipeline/board.ts';
import { type ActivationDeps, firstRules, followRules } from './pipeline/distributed/activation.ts';
import { compileBundle, createBundler, stageRulesOf } from './pipeline/distributed/bundle.ts';
import { correlateWorker } from './pipeline/distributed/correlate.ts';
import { deliverWorker } from './pipeline/distributed/deliver.ts';
import { evidenceWorker } from './pipeline/distributed/evidence.ts';
import { createRecorder, encodeFact } from './pipeline/distributed/facts.ts';
import { ingestWorker } from './pipeline/distributed/ingest.ts';
import { operateWorker, sendActions } from './pipeline/distributed/operate.ts';
import { createRulesets, newestOf, type StageRules } from './pipeline/distributed/rulesets.ts';
import { type WatchedStage, watchStage } from './pipeline/distributed/watched.ts';
import { createDoubts } from './pipeline/doubts.ts';
import { createHeapGuard, HEAP_FULL } from './pipeline/heap-guard.ts';
import { createLosses, createUngrouped, type Losses, sumLosses } from './pipeline/losses.ts';
import { createMeters } from './pipeline/meters.ts';
import { timedIngest, traced } from './pipeline/observed.ts';
import { normalizersOf } from './pipeline/parts.ts';
import { createQuietRules } from './pipeline/quiet-rules.ts';
import { retryDelayMs } from './pipeline/retry-schedule.ts';
import type { RuleBundle, RunOptions, RunSummary } from './pipeline/run-options.ts';
import type { SinkStatus } from './pipeline/status.ts';
import { tellNote } from './pipeline/tell-note.ts';
import type { Clock } from './shared/clock.ts';
import { sha256Hex } from './shared/digest.ts';
import { messageOf, WardlineError } from './shared/errors.ts';
import { heapOfProcess } from './shared/memory.ts';
import { createSink } from './sink/index.ts';
import type { Sink } from './sink/sink.ts';
import type { KafkaSourceSettings } from './source/settings.ts';
import { openStore, type Store } from './store/store.ts';
import { silentTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { createPartitionCheckpoints } from './transport/checkpoints.ts';
import { createKafkaClient } from './transport/kafka-client.ts';
import {
  type ClosableWriter,
  createKafkaKeyedLog,
  createKafkaWriter,
  ensureTopics,
  partitionsOf,
  type TopicPlan,
} from './transport/kafka-log.ts';
import { createKafkaSubscription } from './transport/kafka-subscription.ts';
import { createRulesetLog } from './transport/ruleset-log.ts';

const BLOCK = 1_000_000;
const DAY_MS = 86_400_000;
const LAG_MS = 5000;
const STALLED_AFTER_MS = 60_000;
const TICK_MS = 1000;
const NO_RULES: RuleBundle = { files: [], placeholders: {} };
const TIME_EVERY = { records: 5000, ms: 1000 };

/**
 * The distributed form: the same stages as the embedded engine with logs between them. Any number of processes run any of
 * the roles; partitions are what they share the work by, and the alerts do not depend on how many there are.
 */
export async function runDistributed(options: RunOptions): Promise<RunSummary> {
  const { settings, clock, logger, telemetry = silentTelemetry(logger) } = options;
  const board = createBoard(settings, clock);
  observeBoard(telemetry.metrics, board, clock);
  const { roles } = settings.transport as TransportSettings;
  const kept = roles.includes('evidence') || roles.includes('operate');
  const store = kept ? openStore(resolve(options.baseDir, settings.state.path)) : undefined;
  // Alerts are in the store of the process that operators work with, and in no other.
  const admin = await openAdmin(options, board, telemetry, roles.includes('operate') ? store : undefined);
  try {
    return await runWith(options, board, telemetry, store);
  } finally {
    await admin?.close();
    store?.close();
  }
}

async function runWith(options: RunOptions, board: Board, telemetry: Telemetry, store: Store | undefined): Promise<RunSummary> {
  const { settings, ruleset, clock, logger, signal } = options;
  const meters = createMeters(telemetry.metrics, board);
  const transport = settings.transport as TransportSettings;
  const asking = ruleset.detections.filter(({ asks }) => asks !== undefined).map(({ id }) => id);
  if (asking.length > 0)
    throw new WardlineError('rules', `rules with facts from outside run in the embedded engine only: ${asking.join(', ')}`);
  const kafka = createKafkaClient('transport', transport, logger);
  const sessionTimeoutMs = Number(transport.sessionTimeout / 1_000_000n);
  const names = topicsOf(transport.prefix);
  await ensureTopics(kafka, plansOf(transport), transport.replication);
  const progress = { records: 0, events: 0, alerts: 0, deadLetters: 0 };
  const stages: WatchedStage[] = [];
  const stageOf = (stage: string): WatchedStage => {
    const made = watchStage(stage, clock, settings.admin?.health.stalledAfter ?? STALLED_AFTER_MS);
    stages.push(made);
    return made;
  };
  const sinkStates = new Map<string, SinkStatus>();
  board.ask({ stages: () => stages.map((stage) => stage.status()), sinks: () => [...sinkStates.values()] });
  const doubts = createDoubts(logger);
  const lost: Losses[] = [];
  const lossesAfter = (before: readonly RuleLosses[]): Losses => {
    const losses = createLosses({ clock, logger, meter: meters.lost, before });
    lost.push(losses);
    return losses;
  };
  const late = new Map<string, number>();
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(), { once: true });
  const writers: ClosableWriter[] = [];
  const writerTo = (topic: string, partitions: number): ClosableWriter => {
    const writer = createKafkaWriter(kafka, topic, partitions);
    writers.push(writer);
    return writer;
  };
  const jobs: Promise<void>[] = [];
  const has = (role: TransportSettings['roles'][number]): boolean => transport.roles.includes(role);

  const matches = writerTo(names.matches, transport.partitions);
  const control = createRulesetLog(createKafkaKeyedLog(kafka, names.control, writerTo(names.control, 1)), () =>
    randomBytes(4).toString('hex'),
  );
  /** Since this process started, in the partitions it has: after a restart or a move some are counted again. */
  const quiet = createQuietRules(undefined, meters.quiet);
  const measured = (rules: StageRules): StageRules => ({
    ...timedIngest(rules, telemetry),
    correlate: {
      ...rules.correlate,
      toAlert(firing, latest) {
        if (quiet.observe(firing)) return undefined;
        const alert = rules.correlate.toAlert(firing, latest);
        if (alert !== undefined) meters.alerts([alert], clock.now());
        return alert;
      },
    },
  });
  const bundles = createBundler();
  const own = options.rulesetOf === undefined ? undefined : sha256Hex(bundles(options.rulesetOf));
  const rulesets = createRulesets(control, (bundle, sha256) =>
    measured(sha256 === own ? stageRulesOf(ruleset, settings) : compileBundle(bundle, settings)),
  );
  let shown = 0;
  const refresh = async (): Promise<void> => {
    await rulesets.refresh();
    if (rulesets.newest() === shown) return;
    shown = rulesets.newest();
    const { digest, ruleset: active } = await rulesets.load(shown);
    quiet.use(active.byId);
    board.activated({ digest, rules: active.byId.size }, active);
    telemetry.metrics.add('wardline.ruleset.activations', 1);
  };
  const facts = writerTo(names.evidence, 1);
  const observed = createRecorder(settings.sources);
  const activation: ActivationDeps = {
    log: control,
    async told({ seq, bundle }) {
      await rulesets.refresh();
      const { ruleset: active } = await rulesets.loadBundle(bundle);
      const fact = {
        kind: 'rules',
        seq,
        observed: observed((witness) => witness.activate(active, settings, undefined, clock.now())),
      } as const;
      await facts.append(0, [{ key: 'rules', value: encodeFact(fact) }]);
    },
    matches,
    refresh,
    bundle: () => bundles(options.ruleBundle?.() ?? NO_RULES),
    clock,
    logger,
  };
  await firstRules(activation, options.activate ?? false, stop.signal).catch(async (error: unknown) => {
    await Promise.all(writers.map((writer) => writer.close()));
    throw error;
  });
  jobs.push(followRules(activation, stop.signal));

  const deadLetters = writerTo(names.deadLetters, 1);
  if (has('ingest')) {
    const sources = kafkaSources(settings);
    const normalizers = normalizersOf(settings);
    const counts = new Map<string, number>();
    for (const source of sources)
      for (const topic of source.topics)
        counts.set(`${source.name}/${topic}`, await partitionsOf(createKafkaClient(`source ${source.name}`, source, logger), topic));
    const all = sources.flatMap((source) =>
      source.topics.flatMap((topic, block) =>
        Array.from({ length: counts.get(`${source.name}/${topic}`) ?? 0 }, (_, p) => [source.name, block * BLOCK + p] as const),
      ),
    );
    for (const source of sources) {
      for (const [block, topic] of source.topics.entries()) {
        const stage = stageOf(`ingest ${source.name}/${topic}`);
        const worker = ingestWorker({
          source: source.name,
          numberOf: (partition) => block * BLOCK + partition,
          all,
          rulesets,
          normalizer: normalizers.get(source.name) as Normalizer,
          matches,
          deadLetters: async (letters) => {
            const entries = letters.map(({ record, reason, detail }) => {
              const { source: from, partition, offset, bytes } = record;
              const kept = Buffer.from(bytes ?? [])
                .subarray(0, 64 * 1024)
                .toString('base64');
              return {
                key: `${from}/${partition}/${offset}`,
                value: json({ source: from, partition, offset: String(offset), reason, detail, bytes: kept }),
              };
            });
            await deadLetters.append(0, entries);
          },
          allowedLateness: settings.engine.allowedLateness,
          clock,
          logger,
          idleAfterMs: Number(settings.engine.idleAfter / 1_000_000n),
          every: TIME_EVERY,
          evidence: {
            facts,
            observe: (partition, records, ingested) =>
              observed((witness) => witness.step({ source: source.name, batch: { partition, records }, ingested, alerts: [] })),
          },
          ungrouped: createUngrouped(lossesAfter([])),
          count: (ingested, records, partition, newestMs) => {
            if (ingested.counts.late > 0) late.set(source.name, (late.get(source.name) ?? 0) + ingested.counts.late);
            meters.ingested(source.name, records, ingested);
            board.took(source.name, { partition, records }, newestMs);
            progress.records += records.length;
            progress.events += ingested.counts.events;
            progress.deadLetters += ingested.deadLetters.length;
            doubts.observe(source.name, ingested.counts.tags);
            options.onProgress?.(progress);
          },
        });
        const groupId = source.topics.length === 1 ? source.groupId : `${source.groupId}-${topic}`;
        jobs.push(
          createKafkaSubscription(createKafkaClient(`source ${source.name}`, source, logger), {
            topic,
            groupId,
            sessionTimeoutMs,
            logger,
            onJoin: stage.joined,
          }).run(stage.watch(worker), stop.signal),
        );
      }
    }
  }

  if (has('correlate')) {
    const checkpoints = writerTo(names.checkpoints, transport.partitions);
    const stage = stageOf('correlate');
    const worker = correlateWorker({
      rulesets,
      alerts: writerTo(names.alerts, transport.partitions),
      checkpoints: createPartitionCheckpoints(createKafkaKeyedLog(kafka, names.checkpoints, checkpoints), () =>
        randomBytes(4).toString('hex'),
      ),
      clock,
      logger,
      say(note) {
        meters.note(note);
        tellNote(note, logger);
      },
      losses: lossesAfter,
      acted: ({ action }) => meters.action(action),
      evidence: {
        facts,
        ofAlert: (alert) => observed((witness) => witness.alerts([alert])),
        ofNote: (note) => observed((witness) => witness.note(note)),
        ofAction: ({ action, before, after }) => observed((witness) => witness.action(action, before, after.document)),
      },
      every: { records: settings.engine.checkpointEvery, ms: Number(settings.engine.checkpointInterval / 1_000_000n) },
    });
    jobs.push(
      createKafkaSubscription(kafka, {
        topic: names.matches,
        groupId: `${transport.prefix}-correlate`,
        sessionTimeoutMs,
        logger,
        onJoin: stage.joined,
      }).run(stage.watch(worker), stop.signal),
    );
  }

  const sinks = has('deliver') ? settings.sinks.map((sink) => createSink(sink, { clock, logger, write: options.write })) : [];
  for (const sink of sinks) {
    const stage = stageOf(`deliver ${sink.name}`);
    const kind = settings.sinks.find(({ name }) => name === sink.name)?.kind ?? 'sink';
    const worker = deliverWorker({
      sink: stated(traced(sink, clock, telemetry), kind, sinkStates, clock),
      clock,
      logger,
      retryDelayMs: (attempt) => retryDelayMs(attempt, Math.random()),
      dead: (alert, reason) =>
        deadLetters.append(0, [{ key: alert.id, value: json({ sink: sink.name, alert: alert.id, reason, document: alert.document }) }]),
      evidence: { facts, observe: (name, outcomes) => observed((witness) => witness.delivered(name, outcomes, clock.now())) },
      onOutcome: (name, outcomes) => {
        meters.delivered(name, outcomes);
        progress.alerts += outcomes.filter(({ outcome }) => outcome === 'stored').length;
      },
    });
    jobs.push(
      createKafkaSubscription(kafka, {
        topic: names.alerts,
        groupId: `${transport.prefix}-deliver-${sink.name}`,
        sessionTimeoutMs,
        logger,
        onJoin: stage.joined,
      }).run(stage.watch(worker), stop.signal),
    );
  }
  if (store !== undefined && has('evidence')) {
    const stage = stageOf('evidence');
    const worker = evidenceWorker({ store, clock, logger, every: { records: 5000, ms: 2000 } });
    // A group of its own: every process that keeps a ledger reads all facts.
    const groupId = `${transport.prefix}-evidence-${randomBytes(6).toString('hex')}`;
    jobs.push(
      createKafkaSubscription(kafka, { topic: names.evidence, groupId, sessionTimeoutMs, logger, onJoin: stage.joined }).run(
        stage.watch(worker),
        stop.signal,
      ),
    );
  }
  const sending =
    store !== undefined && has('operate') ? { store, matches, rules: async () => await rulesets.load(newestOf(rulesets)) } : undefined;
  if (sending !== undefined) {
    const stage = stageOf('operate');
    const groupId = `${transport.prefix}-operate-${randomBytes(6).toString('hex')}`;
    jobs.push(
      createKafkaSubscription(kafka, { topic: names.alerts, groupId, sessionTimeoutMs, logger, onJoin: stage.joined }).run(
        stage.watch(operateWorker({ store: sending.store, topic: names.alerts, logger })),
        stop.signal,
      ),
    );
  }
  board.phase('running');
  const heapFull = createHeapGuard(options.heap ?? heapOfProcess);
  let exhausted = false;
  const ticking = new AbortController();
  const ticks = (async () => {
    for (let lookedAt = 0; !ticking.signal.aborted; await clock.sleep(TICK_MS, ticking.signal)) {
      board.beat();
      const full = heapFull();
      if (full !== undefined) {
        logger.error({}, full);
        exhausted = true;
        stop.abort();
      }
      if (sending !== undefined)
        await sendActions(sending).catch((error: unknown) =>
          logger.warn({ error: messageOf(error) }, 'actions of operators wait: they are kept, and sent when it can be done'),
        );
      if (clock.now() - lookedAt < LAG_MS) continue;
      lookedAt = clock.now();
      await Promise.all(stages.map((stage) => stage.look()));
      for (const { name } of settings.sources) {
        const lag = stages.filter(({ stage }) => stage.startsWith(`ingest ${name}/`)).reduce((sum, stage) => sum + stage.status().lag, 0);
        if (has('ingest')) board.lag(name, lag);
      }
    }
  })();
  logger.info({ roles: transport.roles, prefix: transport.prefix, partitions: transport.partitions }, 'running in the distributed form');
  try {
    await Promise.all(jobs);
    if (exhausted) throw new WardlineError('internal', HEAP_FULL);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(jobs);
    throw error;
  } finally {
    board.phase('stopping');
    ticking.abort();
    await ticks;
    await Promise.all([...writers.map((writer) => writer.close()), ...sinks.map((sink) => sink.close())]);
  }
  return {
    ...progress,
    tags: doubts.totals(),
    byLevel: new Map(),
    waiting: new Map(),
    dead: new Map(),
    disabled: [],
    opened: [],
    resumed: false,
    quiet: quiet.counts(),
    late,
    losses: sumLosses(lost),
  };
}

/** The same sink, which says how its receiver does: without an outbox nobody else knows. */
function stated(sink: Sink, kind: string, states: Map<string, SinkStatus>, clock: Clock): Sink {
  let failingSince: number | undefined;
  const say = (waiting: number, reason: string | undefined): void => {
    if (reason === undefined) failingSince = undefined;
    else failingSince ??= clock.now();
    const since = failingSince;
    states.set(sink.name, {
      name: sink.name,
      kind,
      state: since === undefined ? 'closed' : 'open',
      since: since === undefined ? undefined : new Date(since).toISOString(),
      reason,
      waiting,
      dead: 0,
      oldestSeconds: since === undefined ? 0 : (clock.now() - since) / 1000,
    });
  };
  say(0, undefined);
  return {
    ...sink,
    close: () => sink.close(),
    async write(alerts, signal) {
      try {
        const outcomes = await sink.write(alerts, signal);
        const again = outcomes.filter((one) => one.outcome === 'retry');
        say(again.length, again[0]?.reason);
        return outcomes;
      } catch (error) {
        if (!signal.aborted) say(alerts.length, messageOf(error));
        throw error;
      }
    },
  };
}

const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));

function kafkaSources({ sources }: Settings): readonly KafkaSourceSettings[] {
  const other = sources.find(({ kind }) => kind !== 'kafka');
  if (other !== undefined)
    throw new WardlineError(
      'settings',
      `source ${other.name}: the distributed form reads Kafka sources; run ${other.kind} sources in an engine of their own`,
    );
  return sources.filter((source) => source.kind === 'kafka');
}

const topicsOf = (prefix: string) => ({
  matches: `${prefix}.matches`,
  alerts: `${prefix}.alerts`,
  checkpoints: `${prefix}.checkpoints`,
  control: `${prefix}.control`,
  evidence: `${prefix}.evidence`,
  deadLetters: `${prefix}.deadletters`,
});

function plansOf({ prefix, partitions }: TransportSettings): readonly TopicPlan[] {
  const names = topicsOf(prefix);
  const kept = (days: number): Readonly<Record<string, string>> => ({ 'cleanup.policy': 'delete', 'retention.ms': String(days * DAY_MS) });
  return [
    { topic: names.matches, partitions, settings: { ...kept(3), 'message.timestamp.type': 'LogAppendTime' } },
    { topic: names.alerts, partitions, settings: kept(7) },
    { topic: names.checkpoints, partitions, settings: { 'cleanup.policy': 'compact' } },
    { topic: names.control, partitions: 1, settings: { 'cleanup.policy': 'compact' } },
    { topic: names.evidence, partitions: 1, settings: kept(30) },
    { topic: names.deadLetters, partitions: 1, settings: kept(30) },
  ];
}
