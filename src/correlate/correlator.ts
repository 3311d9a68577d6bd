import type { Match } from '../detect/match.ts';
import type { Nanos } from '../event/time.ts';
import { MAX_GROUP_MATCHES, type RuleId } from '../rule/ir/rule.ts';
import { type CorrelatorState, decodeState, encodeState } from './codec.ts';
import { compareFirings, compareHits, type Firing, type Hit } from './firing.ts';
import type { Note, Say } from './group.ts';
import type { Budget } from './group-store.ts';
import { MAX_TIME, MIN_TIME } from './hits.ts';
import type { Passage } from './kind.ts';
import { createHitPacker, type HitPacker } from './packed-hit.ts';
import { type CorrelateRules, type Feed, feedsOf } from './plans.ts';
import { hitsOf } from './resting.ts';
import { createRouter, type LeftOut, type Routed } from './route.ts';
import { createRuleState, type RuleCounters, type RuleState } from './rule-state.ts';
import { createSilences } from './silences.ts';
import { createWatermark } from './watermark.ts';

export type { Bounded, Note, Pressure, Undecided } from './group.ts';

/** What a partition of correlation reads, in its order; time passes by records alone. */
export type CorrelateRecord =
  | { readonly kind: 'match'; readonly match: Match }
  /** A match that was given to one group of one rule before it came here. */
  | { readonly kind: 'routed'; readonly routed: Routed }
  /** These source partitions exist: until each of them has spoken no time has passed. `awake`: also those that were idle. */
  | {
      readonly kind: 'sources';
      readonly partitions: readonly (readonly [source: string, partition: number])[];
      readonly awake?: boolean;
    }
  /**
   * No event before `time` is awaited from this source partition, whose newest event is of `newest` (default: `time`). An
   * idle one does not hold the others back; where its input has not ended (`ended`), what should have come is missing.
   */
  | {
      readonly kind: 'watermark';
      readonly source: string;
      readonly partition: number;
      /** Undefined: no event was ever seen here. */
      readonly time: Nanos | undefined;
      readonly newest?: Nanos | undefined;
      readonly appendedAt?: number;
      readonly idle: boolean;
      readonly ended?: boolean;
    }
  /** Records of this source partition with event times from here to its next watermark were lost before anyone read them. */
  | { readonly kind: 'lost'; readonly source: string; readonly partition: number; readonly from: Nanos }
  /** Every input has ended; `newest` is the time of the newest event of all (undefined: none was seen). */
  | { readonly kind: 'end'; readonly newest: Nanos | undefined };

/** Limits, each for one rule: beyond the first two groups are evicted, beyond the third hits of a group are dropped. */
export type CorrelateOptions = Budget & {
  readonly maxHits: number;
  readonly maxSketchBytes?: number;
  /** The sources that can feed a rule; undefined: every source. A silence of others does not concern it. */
  readonly sourcesOf?: (rule: RuleId) => ReadonlySet<string> | undefined;
};

export const DEFAULT_CORRELATE_OPTIONS: CorrelateOptions = { maxGroups: 100_000, maxBytes: 256 * 1024 * 1024, maxHits: MAX_GROUP_MATCHES };

/** Limits that bit, since the state began. */
export type CorrelateStats = {
  readonly groups: number;
  readonly bytes: number;
  readonly hits: number;
  readonly evicted: number;
  /** Of the evicted groups those that were under way. */
  readonly evictedAdvanced: number;
  readonly dropped: number;
  readonly late: number;
  readonly ungrouped: number;
};

/** What a rule could not use, let go, or only estimates, since its state began. */
export type RuleLosses = Omit<RuleCounters, 'untold'> & { readonly rule: RuleId };

/** A pure reducer: the same records give the same firings, whatever the clock says. */
export type Correlator = {
  /** Firings in their order; `say` is told what was not decided and which budgets were reached. */
  apply(record: CorrelateRecord, say?: (note: Note) => void): readonly Firing[];
  /** The joint watermark. */
  watermark(): Nanos;
  snapshot(): Uint8Array;
  stats(): CorrelateStats;
  /** Per rule, those that lost nothing left out. */
  losses(): readonly RuleLosses[];
  /** Windows of correlations, at most one per group, that later matches could still change. */
  open(): number;
  /** Windows that the end of the inputs left undecided, because their time lies beyond it. */
  cut(): number;
};

const QUIET: Say = () => undefined;

export function createCorrelator(
  rules: CorrelateRules,
  options: CorrelateOptions = DEFAULT_CORRELATE_OPTIONS,
  stored?: CorrelatorState,
): Correlator {
  const feeds = feedsOf(rules);
  const packer = createHitPacker(stored?.words);
  const byRule = restoreRules(feeds, options, packer, stored);
  packer.restored();
  const watermark = createWatermark(MIN_TIME, stored?.partitions ?? []);
  const silences = createSilences(stored?.silences ?? []);
  const counters = { ungrouped: 0, ...stored?.counters };
  const alerting = new Set([
    ...rules.correlations.filter(({ alerts }) => alerts).map(({ id }) => id),
    ...rules.detections.filter(({ alerts }) => alerts).map(({ id }) => id),
  ]);
  const longest = [...byRule.values()].reduce((most, { plan }) => {
    const reach = plan.kind.reach + plan.timespan + plan.lag;
    return reach > most ? reach : most;
  }, 0n);
  let current: Nanos = stored === undefined ? MIN_TIME : BigInt(stored.watermark);
  let cut = 0;

  const router = createRouter(rules);
  const put = ({ rule, group, hit, late }: Routed, say: Say): readonly Firing[] => {
    const state = byRule.get(rule);
    if (state === undefined) return NO_FIRINGS;
    if (late && state.plan.kind.settled) {
      state.counters.late++;
      return NO_FIRINGS;
    }
    if (late) state.counters.lateTaken++;
    return state.insert(group, hit, say);
  };
  /** Most matches make nothing fire. */
  const putAll = (routed: readonly Routed[], say: Say): readonly Firing[] => {
    let out = NO_FIRINGS;
    for (const one of routed) {
      const firings = put(one, say);
      if (firings.length > 0) out = out.length === 0 ? firings : [...out, ...firings];
    }
    return out;
  };
  const told = (firings: readonly Firing[]): readonly Firing[] =>
    firings.length === 0 ? firings : firings.filter(({ rule }) => alerting.has(rule));
  const leftOut = ({ ungrouped, unvalued }: LeftOut): void => {
    counters.ungrouped += ungrouped.length;
    for (const rule of ungrouped) {
      const state = byRule.get(rule);
      if (state !== undefined) state.counters.ungrouped++;
    }
    for (const rule of unvalued) {
      const state = byRule.get(rule);
      if (state !== undefined) state.counters.unvalued++;
    }
  };
  const take = (match: Match, say: Say): readonly Firing[] => {
    const routing = router.route(match);
    if (routing.ungrouped.length > 0 || routing.unvalued.length > 0) leftOut(routing);
    return putAll(routing.routed, say);
  };
  const chain = (start: Hit, say: Say): readonly Firing[] => {
    const routing = router.routeHit(start, EMPTY, false);
    if (routing.ungrouped.length > 0 || routing.unvalued.length > 0) leftOut(routing);
    return putAll(routing.routed, say);
  };

  /** Rules in the order of their feeding: what a rule below settles is a match of the rule above before that decides. */
  const advance = (to: Nanos, say: Say, end?: Pick<Passage, 'ended' | 'cut'>): readonly Firing[] => {
    current = to;
    const out: Firing[] = [];
    for (const state of byRule.values()) {
      const { plan } = state;
      const own = state.own(to);
      const sources = options.sourcesOf?.(plan.rule);
      const passage: Passage = { watermark: own, silent: (from, until) => silences.within(from, until, sources), ...end };
      const starts: Hit[] = [];
      for (const firing of state.advance(passage, say, (start) => starts.push(start))) out.push(firing);
      for (const start of starts.sort(compareHits)) for (const firing of chain(start, say)) out.push(firing);
    }
    silences.forget(to === MAX_TIME ? to : to - longest);
    return out.filter(({ rule }) => alerting.has(rule)).sort(compareFirings);
  };

  return {
    apply(record, say = QUIET) {
      switch (record.kind) {
        case 'match':
          return told(take(record.match, say));
        case 'routed':
          return told(put(record.routed, say));
        case 'sources':
          for (const [source, partition] of record.partitions) watermark.expect(`${partition}/${source}`, record.awake === true);
          return [];
        case 'end':
          return advance(MAX_TIME, say, { ended: record.newest ?? MIN_TIME, cut: () => void cut++ });
        case 'lost':
          silences.begin(record.source, record.partition, record.from);
          return [];
        case 'watermark': {
          const { source, partition, time = MIN_TIME, newest = time, idle, ended = false } = record;
          // Where nothing ever came there is nothing to miss.
          if (idle && !ended && record.time !== undefined) silences.begin(source, partition, newest);
          else silences.end(source, partition, newest > current ? newest : current);
          const moved = watermark.report(`${partition}/${source}`, time, idle);
          return moved === undefined || moved <= current ? [] : advance(moved, say);
        }
      }
    },
    watermark: () => current,
    cut: () => cut,
    snapshot: () =>
      encodeState({
        watermark: String(current),
        partitions: watermark.snapshot(),
        silences: silences.snapshot(),
        counters,
        words: packer.snapshot(),
        rules: [...byRule.values()].map((state) => state.snapshot()),
      }),
    stats: () => statsOf([...byRule.values()], counters.ungrouped),
    losses: () => [...byRule.values()].flatMap(lossesOf),
    open() {
      // By what the sources said: the end of earlier inputs moved the other one to the end of time.
      const to = watermark.current();
      return rules.correlations.reduce((sum, { id }) => {
        const state = byRule.get(id);
        return state === undefined ? sum : sum + state.open(state.own(to));
      }, 0);
    },
  };
}

/** Continues from a snapshot; state of a rule whose logic changed, or that is gone, starts empty. */
export function restoreCorrelator(rules: CorrelateRules, options: CorrelateOptions, snapshot: Uint8Array): Correlator {
  return createCorrelator(rules, options, decodeState(snapshot));
}

/** Every rule after those that feed it. */
function restoreRules(
  feeds: ReadonlyMap<RuleId, readonly Feed[]>,
  options: CorrelateOptions,
  packer: HitPacker,
  stored: CorrelatorState | undefined,
): ReadonlyMap<RuleId, RuleState> {
  const byRule = new Map<RuleId, RuleState>();
  for (const { plan, logic } of [...feeds.values()].flat().sort((a, b) => a.plan.level - b.plan.level)) {
    if (byRule.has(plan.rule)) continue;
    const saved = stored?.rules.find((one) => one.rule === plan.rule && one.logic === logic);
    byRule.set(plan.rule, createRuleState(plan, logic, options, packer, saved));
  }
  return byRule;
}

function lossesOf({ plan: { rule }, counters: { untold: _untold, ...counters } }: RuleState): readonly RuleLosses[] {
  return Object.values(counters).some((count) => count > 0) ? [{ rule, ...counters }] : [];
}

const EMPTY: Match['ecs'] = {};
const NO_FIRINGS: readonly Firing[] = [];
function statsOf(states: readonly RuleState[], ungrouped: number): CorrelateStats {
  const stats = { groups: 0, bytes: 0, hits: 0, evicted: 0, evictedAdvanced: 0, dropped: 0, late: 0, ungrouped };
  for (const { groups, counters } of states) {
    stats.groups += groups.size;
    stats.bytes += groups.bytes;
    for (const [, entry] of groups.entries()) stats.hits += hitsOf(entry);
    stats.evicted += counters.evicted;
    stats.evictedAdvanced += counters.evictedAdvanced;
    stats.dropped += counters.dropped;
    stats.late += counters.late;
  }
  return stats;
}
