import type { Settings } from '../config/settings.ts';
import type { CorrelateStats } from '../correlate/correlator.ts';
import type { Ruleset } from '../rule/load.ts';
import type { Clock } from '../shared/clock.ts';
import { VERSION } from '../shared/version.ts';
import type { Batch } from '../source/source.ts';
import { RECEIVER_STATES } from '../store/outbox.ts';
import type { Metrics, Sample } from '../telemetry/metrics.ts';
import { insecureParts } from './insecure.ts';
import type { EngineStatus, Phase, SinkStatus, SourceStatus, StageStatus } from './status.ts';

type Parts = {
  readonly sinks: () => readonly SinkStatus[];
  readonly stages: () => readonly StageStatus[];
  readonly state: () => CorrelateStats;
  readonly ledger: () => EngineStatus['ledger'];
  readonly brokenRules: () => readonly string[];
};

/** What a rule did since the start. */
export type Activity = {
  readonly matches: number;
  readonly alerts: number;
  readonly undecided: number;
  readonly evicted: number;
  readonly lastAt: string | undefined;
};

type SeenGap = {
  readonly source: string;
  readonly partition: number;
  readonly from: string;
  readonly to: string | undefined;
  readonly cause: string;
  readonly at: string;
};

/** The newest gaps that are kept for people; the ledger has all of them. */
const MAX_GAPS = 100;

/** Where the engine writes what it is doing, and from which health, `/statusz` and the gauges are read. */
export type Board = {
  phase(phase: Phase): void;
  /** The loop of the engine turns. */
  beat(): void;
  /** `ruleset`: the rules themselves, where this process has them. */
  activated(active: { readonly digest: string; readonly rules: number }, ruleset: Ruleset | undefined): void;
  /** The rules that run; undefined before they do, and where this process has read others. */
  ruleset(): Ruleset | undefined;
  took(
    source: string,
    batch: Pick<Batch, 'partition' | 'end'> & { readonly records: { readonly length: number } },
    newestMs: number | undefined,
  ): void;
  /** What a source has unread, in its own unit. */
  lag(source: string, lag: number): void;
  checkpointed(): void;
  matched(matches: readonly { readonly rule: string; readonly count: number }[]): void;
  /** `alert`: a new one of the rule. */
  noted(rule: string, what: 'alert' | 'undecided' | 'evicted', count: number): void;
  gap(source: string, partition: number, gap: NonNullable<Batch['gap']>): void;
  planted(canary: string, step: 'injected' | 'seen'): void;
  activity(rule: string): Activity;
  /** The newest gaps, newest first. */
  gaps(): readonly SeenGap[];
  canary(id: string): { readonly planted: number; readonly seen: number };
  /** Says where the rest is to be asked for, once it is there. */
  ask(parts: Partial<Parts>): void;
  status(): EngineStatus;
  /** Ms since the loop turned last; 0 unless it should be turning. */
  sinceBeat(): number;
};

type Entry = {
  readonly kind: string;
  records: number;
  readonly partitions: Set<number>;
  readonly ended: Set<number>;
  lastAt: number | undefined;
  progressAt: number;
  newestMs: number | undefined;
  lag: number | undefined;
};

const STALLED_AFTER_MS = 60_000;

/** A source that has something unread and takes nothing for `admin.health.stalledAfter` is stalled; without records for `engine.idleAfter` it is quiet. */
export function createBoard(settings: Settings, clock: Clock): Board {
  const startedAt = clock.now();
  const stalledAfterMs = settings.admin?.health.stalledAfter ?? STALLED_AFTER_MS;
  const sources = new Map<string, Entry>(
    settings.sources.map(({ name, kind }) => [
      name,
      {
        kind,
        records: 0,
        partitions: new Set(),
        ended: new Set(),
        lastAt: undefined,
        progressAt: startedAt,
        newestMs: undefined,
        lag: undefined,
      },
    ]),
  );
  const quietAfterMs = Number(settings.engine.idleAfter / 1_000_000n);
  let current: Phase = 'restoring';
  let beatAt = startedAt;
  let checkpointAt: number | undefined;
  let ruleset: EngineStatus['ruleset'];
  let active: Ruleset | undefined;
  let parts: Partial<Parts> = {};
  const rules = new Map<string, { matches: number; alerts: number; undecided: number; evicted: number; lastAt: number | undefined }>();
  const canaries = new Map<string, { planted: number; seen: number }>();
  let gaps: readonly SeenGap[] = [];
  const ruleOf = (id: string) => {
    const entry = rules.get(id) ?? { matches: 0, alerts: 0, undecided: 0, evicted: 0, lastAt: undefined };
    rules.set(id, entry);
    return entry;
  };
  const seconds = (ms: number): number => Math.max(0, Math.round(ms / 100) / 10);

  const stateOf = (entry: Entry, now: number): SourceStatus['state'] => {
    if (entry.partitions.size > 0 && entry.ended.size === entry.partitions.size) return 'ended';
    if ((entry.lag ?? 0) > 0 && now - entry.progressAt >= stalledAfterMs) return 'stalled';
    if (entry.lastAt === undefined) return 'waiting';
    return now - entry.lastAt >= quietAfterMs ? 'quiet' : 'reading';
  };

  return {
    phase(phase) {
      current = phase;
      beatAt = clock.now();
    },
    beat() {
      beatAt = clock.now();
    },
    activated({ digest, rules: size }, next) {
      active = next;
      ruleset = { digest, rules: size, activatedAt: iso(clock.now()) };
    },
    ruleset: () => active,
    took(source, { partition, records, end }, newestMs) {
      const entry = sources.get(source);
      if (entry === undefined) return;
      const now = clock.now();
      entry.partitions.add(partition);
      if (end) entry.ended.add(partition);
      entry.progressAt = now;
      if (newestMs !== undefined) entry.newestMs = Math.max(newestMs, entry.newestMs ?? newestMs);
      if (records.length === 0) return;
      entry.records += records.length;
      entry.lastAt = now;
    },
    lag(source, lag) {
      const entry = sources.get(source);
      if (entry === undefined) return;
      // Without a lag there is nothing to make progress with: the time of a stall counts from the first unread record on.
      if ((entry.lag ?? 0) === 0) entry.progressAt = clock.now();
      entry.lag = lag;
    },
    checkpointed() {
      checkpointAt = clock.now();
    },
    matched(matches) {
      for (const { rule, count } of matches) {
        const entry = ruleOf(rule);
        entry.matches += count;
        entry.lastAt = clock.now();
      }
    },
    noted(rule, what, count) {
      const entry = ruleOf(rule);
      if (what === 'alert') {
        entry.alerts += count;
        entry.lastAt = clock.now();
      } else entry[what] += count;
    },
    gap(source, partition, { from, to, cause }) {
      const gap = { source, partition, from: String(from), to: to === undefined ? undefined : String(to), cause, at: iso(clock.now()) };
      gaps = [gap, ...gaps].slice(0, MAX_GAPS);
    },
    planted(canary, step) {
      const entry = canaries.get(canary) ?? { planted: 0, seen: 0 };
      canaries.set(canary, entry);
      if (step === 'injected') entry.planted++;
      else entry.seen++;
    },
    activity(rule) {
      const { lastAt, ...counts } = rules.get(rule) ?? { matches: 0, alerts: 0, undecided: 0, evicted: 0, lastAt: undefined };
      return { ...counts, lastAt: lastAt === undefined ? undefined : iso(lastAt) };
    },
    gaps: () => gaps,
    canary: (id) => canaries.get(id) ?? { planted: 0, seen: 0 },
    ask(more) {
      parts = { ...parts, ...more };
    },
    status() {
      const now = clock.now();
      return {
        version: VERSION,
        form: settings.transport === undefined ? 'embedded' : 'distributed',
        tenant: settings.tenant,
        phase: current,
        startedAt: iso(startedAt),
        ruleset,
        brokenRules: parts.brokenRules?.() ?? [],
        sources: [...sources].map(([name, entry]) => ({
          name,
          kind: entry.kind,
          state: stateOf(entry, now),
          records: entry.records,
          partitions: entry.partitions.size,
          lastRecordAt: entry.lastAt === undefined ? undefined : iso(entry.lastAt),
          silentSeconds: seconds(now - (entry.lastAt ?? startedAt)),
          lag: entry.lag,
          lagUnit: entry.kind === 'file' ? 'bytes' : 'records',
          behindSeconds: entry.newestMs === undefined ? undefined : seconds(now - entry.newestMs),
        })),
        sinks: parts.sinks?.() ?? [],
        stages: parts.stages?.() ?? [],
        state: parts.state?.(),
        checkpointAt: checkpointAt === undefined ? undefined : iso(checkpointAt),
        ledger: parts.ledger?.(),
        insecure: insecureParts(settings),
      };
    },
    sinceBeat: () => (current === 'running' ? clock.now() - beatAt : 0),
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Reads the gauges of the instrument list from the board, which is looked at once for all that are collected together. */
export function observeBoard(metrics: Metrics, board: Board, clock: Clock): void {
  let seen: EngineStatus | undefined;
  const look = (): EngineStatus => {
    if (seen === undefined) setImmediate(() => (seen = undefined));
    seen ??= board.status();
    return seen;
  };
  const sources = (): readonly SourceStatus[] => look().sources;
  metrics.observe('wardline.source.lag', () =>
    sources().flatMap(({ name, lag, lagUnit }) => (lag === undefined ? [] : [[lag, { source: name, unit: lagUnit }] as const])),
  );
  metrics.observe('wardline.source.silence_seconds', () =>
    sources().flatMap(({ name, state, silentSeconds }) => (state === 'ended' ? [] : [[silentSeconds, { source: name }] as const])),
  );
  metrics.observe('wardline.source.watermark_delay_seconds', () =>
    sources().flatMap(({ name, behindSeconds }) => (behindSeconds === undefined ? [] : [[behindSeconds, { source: name }] as const])),
  );
  metrics.observe('wardline.source.stalled', () => sources().map(({ name, state }) => [state === 'stalled' ? 1 : 0, { source: name }]));
  const sinks = (): readonly SinkStatus[] => look().sinks;
  metrics.observe('wardline.delivery.waiting', () => sinks().map(({ name, waiting }) => [waiting, { receiver: name }]));
  metrics.observe('wardline.delivery.dead', () => sinks().map(({ name, dead }) => [dead, { receiver: name }]));
  metrics.observe('wardline.delivery.oldest_seconds', () => sinks().map(({ name, oldestSeconds }) => [oldestSeconds, { receiver: name }]));
  metrics.observe('wardline.receiver.up', () => sinks().map(({ name, state }) => [state === 'closed' ? 1 : 0, { receiver: name }]));
  metrics.observe('wardline.receiver.breaker', () =>
    sinks().flatMap(({ name, state }) => RECEIVER_STATES.map((one): Sample => [state === one ? 1 : 0, { receiver: name, state: one }])),
  );
  const stages = (): readonly StageStatus[] => look().stages;
  metrics.observe('wardline.partitions', () => stages().map(({ stage, partitions }) => [partitions, { stage }]));
  metrics.observe('wardline.stage.lag', () => stages().map(({ stage, lag }) => [lag, { stage }]));
  const state = (read: (stats: CorrelateStats) => number) => () => {
    const { state: stats } = look();
    return stats === undefined ? [] : [[read(stats)] as const];
  };
  metrics.observe(
    'wardline.state.groups',
    state(({ groups }) => groups),
  );
  metrics.observe(
    'wardline.state.bytes',
    state(({ bytes }) => bytes),
  );
  metrics.observe(
    'wardline.state.hits',
    state(({ hits }) => hits),
  );
  metrics.observe(
    'wardline.state.evicted',
    state(({ evicted }) => evicted),
  );
  metrics.observe(
    'wardline.state.evicted_advanced',
    state(({ evictedAdvanced }) => evictedAdvanced),
  );
  metrics.observe(
    'wardline.state.dropped_hits',
    state(({ dropped }) => dropped),
  );
  metrics.observe(
    'wardline.state.too_late',
    state(({ late }) => late),
  );
  metrics.observe(
    'wardline.state.ungrouped',
    state(({ ungrouped }) => ungrouped),
  );
  metrics.observe('wardline.ruleset.rules', () => [[look().ruleset?.rules ?? 0]]);
  metrics.observe('wardline.ruleset.broken', () => [[look().brokenRules.length]]);
  metrics.observe('wardline.ruleset.active', () => {
    const { ruleset } = look();
    return ruleset === undefined ? [] : [[1, { digest: ruleset.digest.slice(0, 12) }]];
  });
  metrics.observe('wardline.ledger.entries', () => [[look().ledger?.entries ?? 0]]);
  metrics.observe('wardline.checkpoint.age_seconds', () => {
    const { checkpointAt } = look();
    return checkpointAt === undefined ? [] : [[Math.max(0, clock.now() - Date.parse(checkpointAt)) / 1000]];
  });
}
