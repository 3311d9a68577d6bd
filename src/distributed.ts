import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { openAdmin } from './admin/open.ts';
import type { TransportSettings } from './config/settings.ts';
import { type Board, createBoard, observeBoard } from './pipeline/board.ts';
import { type ActivationDeps, firstRules, followRules } from './pipeline/distributed/activation.ts';
import { compileBundle, createBundler, stageRulesOf } from './pipeline/distributed/bundle.ts';
import { correlateRole } from './pipeline/distributed/correlate-role.ts';
import { deliverRole } from './pipeline/distributed/deliver-role.ts';
import type { Deployment } from './pipeline/distributed/deployment.ts';
import { createRecorder, encodeFact } from './pipeline/distributed/facts.ts';
import { ingestRole } from './pipeline/distributed/ingest-role.ts';
import { evidenceRole, operateRole } from './pipeline/distributed/keeper-roles.ts';
import { createRulesets, type StageRules } from './pipeline/distributed/rulesets.ts';
import { plansOf, topicsOf } from './pipeline/distributed/topics.ts';
import { type WatchedStage, watchStage } from './pipeline/distributed/watched.ts';
import { createDoubts } from './pipeline/doubts.ts';
import { createHeapGuard, HEAP_FULL } from './pipeline/heap-guard.ts';
import { createLosses } from './pipeline/losses.ts';
import { createMeters } from './pipeline/meters.ts';
import { timedIngest } from './pipeline/observed.ts';
import { createQuietRules } from './pipeline/quiet-rules.ts';
import type { RuleBundle, RunOptions, RunSummary } from './pipeline/run-options.ts';
import type { SinkStatus } from './pipeline/status.ts';
import { sha256Hex } from './shared/digest.ts';
import { messageOf, WardlineError } from './shared/errors.ts';
import { heapOfProcess } from './shared/memory.ts';
import { createSink } from './sink/index.ts';
import { openStore, type Store } from './store/store.ts';
import { silentTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { createKafkaClient } from './transport/kafka-client.ts';
import { type ClosableWriter, createKafkaKeyedLog, createKafkaWriter, ensureTopics } from './transport/kafka-log.ts';
import { createRulesetLog } from './transport/ruleset-log.ts';

const LAG_MS = 5000;
const STALLED_AFTER_MS = 60_000;
const TICK_MS = 1000;
const NO_RULES: RuleBundle = { files: [], placeholders: {} };

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
  const losses = createLosses({ clock, logger, meter: meters.lost });
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
  let broken = options.brokenRules?.() ?? [];
  board.ask({ brokenRules: () => broken });
  const activation: ActivationDeps = {
    log: control,
    judged(files) {
      broken = files;
    },
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
  const sinks = has('deliver') ? settings.sinks.map((sink) => createSink(sink, { clock, logger, write: options.write })) : [];
  /** What began already must not keep the process from ending. */
  const giveUp = async (error: unknown): Promise<never> => {
    stop.abort();
    await Promise.allSettled(jobs);
    await Promise.all([...writers.map((writer) => writer.close()), ...sinks.map((sink) => sink.close())]);
    throw error;
  };
  await firstRules(activation, options.activate ?? false, stop.signal).catch(giveUp);
  jobs.push(followRules(activation, stop.signal));

  const deadLetters = writerTo(names.deadLetters, 1);
  const deployment: Deployment = {
    ...{ settings, transport, names, kafka, clock, logger, telemetry, board, meters, rulesets, matches, deadLetters, facts, observed },
    ...{ lossesAfter: losses.after, writerTo, stageOf, stop: stop.signal },
  };
  if (has('ingest'))
    jobs.push(
      ...(await ingestRole(deployment, (source, records, { counts, deadLetters: unread }) => {
        if (counts.late > 0) late.set(source, (late.get(source) ?? 0) + counts.late);
        doubts.observe(source, counts.tags);
        progress.records += records;
        progress.events += counts.events;
        progress.deadLetters += unread.length;
        options.onProgress?.(progress);
      }).catch(giveUp)),
    );
  if (has('correlate')) jobs.push(correlateRole(deployment));
  for (const sink of sinks)
    jobs.push(
      deliverRole(deployment, sink, sinkStates, (stored) => {
        progress.alerts += stored;
      }),
    );
  if (store !== undefined && has('evidence')) jobs.push(evidenceRole(deployment, store));
  const operating = store !== undefined && has('operate') ? operateRole(deployment, store) : undefined;
  if (operating !== undefined) jobs.push(operating.job);
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
      await operating
        ?.send()
        .catch((error: unknown) =>
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
    losses: losses.totals(),
  };
}
