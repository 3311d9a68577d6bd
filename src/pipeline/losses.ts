import type { RuleLosses } from '../correlate/correlator.ts';
import type { LeftOut } from '../correlate/route.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';

const COUNTS = [
  'lateTaken',
  'late',
  'ungrouped',
  'unvalued',
  'evicted',
  'evictedAdvanced',
  'dropped',
  'values',
  'members',
  'estimated',
] as const;
type Counts = { [K in (typeof COUNTS)[number]]: number };
export const NO_LOSSES = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Readonly<Counts>;

/** What one rule could not use, let go, or only estimates, in this run. */
export type LossCount = { readonly rule: RuleId } & Readonly<Counts>;

/** Takes the counts since the state of each rule began; tells what is new. `last`: the run is over, nothing is left for later. */
type ObserveLosses = (counts: readonly RuleLosses[], last?: boolean) => void;

export type Losses = {
  /** For one state, of a partition or of all; `before`: counts that it came with, of earlier runs. */
  after(before: readonly RuleLosses[]): ObserveLosses;
  /** Those with something to tell, the most of it first. */
  totals(): readonly LossCount[];
};

export type LossesDeps = {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what came since the last time. */
  readonly meter: (count: LossCount) => void;
};

/** Counts since some state began, kept here where no correlator keeps them: matches left out before they were sent on. */
export function createLeftOut(observe: ObserveLosses) {
  const counts = new Map<RuleId, LossCount>();
  return ({ ungrouped, unvalued }: LeftOut): void => {
    if (ungrouped.length === 0 && unvalued.length === 0) return;
    const count = (rule: RuleId, name: keyof LeftOut): LossCount => {
      const known = counts.get(rule) ?? { rule, ...NO_LOSSES };
      const now = { ...known, [name]: known[name] + 1 };
      counts.set(rule, now);
      return now;
    };
    // Every match comes by here: the other rules are not looked at.
    observe([...ungrouped.map((rule) => count(rule, 'ungrouped')), ...unvalued.map((rule) => count(rule, 'unvalued'))]);
  };
}

const EVERY_MS = 60_000;
/** No loss of their own: nobody is warned of them. */
const QUIET: ReadonlySet<keyof Counts> = new Set(['lateTaken', 'evictedAdvanced', 'estimated']);
/** Counts per rule what the state of correlations says it lost; one warning per rule and minute, with totals of the run over all states. */
export function createLosses({ clock, logger, meter }: LossesDeps): Losses {
  const run = new Map<RuleId, { total: Counts; told: Counts; toldAt: number | undefined }>();
  const changed = new Set<RuleId>();

  const tell = (rule: RuleId): void => {
    const entry = run.get(rule);
    if (entry === undefined) return;
    const { total, told } = entry;
    entry.toldAt = clock.now();
    entry.told = { ...total };
    changed.delete(rule);
    const news = COUNTS.filter((name) => !QUIET.has(name) && total[name] > told[name]);
    if (news.length === 0) return;
    const counts = Object.fromEntries(news.map((name) => [NAMES[name], total[name]]));
    logger.warn({ rule, ...counts }, `${news.map((name) => WHAT[name]).join('; ')}; counts are of this run`);
  };
  const after = (before: readonly RuleLosses[]): ObserveLosses => {
    const seen = new Map<RuleId, Counts>(before.map((one) => [one.rule, { ...one }]));
    return (counts, last = false) => {
      for (const now of counts) {
        const known = seen.get(now.rule) ?? NO_LOSSES;
        // State that began anew, because the logic of the rule changed, counts from 0.
        const base = COUNTS.some((name) => now[name] < known[name]) ? NO_LOSSES : known;
        seen.set(now.rule, { ...now });
        if (COUNTS.every((name) => now[name] === base[name])) continue;
        const entry = run.get(now.rule) ?? { total: { ...NO_LOSSES }, told: NO_LOSSES, toldAt: undefined };
        run.set(now.rule, entry);
        const grown = { ...NO_LOSSES };
        for (const name of COUNTS) entry.total[name] += grown[name] = now[name] - base[name];
        meter({ rule: now.rule, ...grown });
        changed.add(now.rule);
      }
      for (const rule of [...changed]) {
        const toldAt = run.get(rule)?.toldAt;
        if (last || toldAt === undefined || clock.now() - toldAt >= EVERY_MS) tell(rule);
      }
    };
  };
  return { after, totals: () => ranked([...run].map(([rule, { total }]) => ({ rule, ...total }))) };
}

/** By what was lost: estimates are many and lose nothing. */
const weight = (one: Readonly<Counts>): number => COUNTS.reduce((sum, name) => (name === 'estimated' ? sum : sum + one[name]), 0);
const ranked = (counts: readonly LossCount[]): readonly LossCount[] =>
  [...counts].sort((a, b) => weight(b) - weight(a) || (a.rule < b.rule ? -1 : 1));

const NAMES: Readonly<Record<keyof Counts, string>> = {
  lateTaken: 'late',
  late: 'tooLate',
  ungrouped: 'noGroup',
  unvalued: 'noValue',
  evicted: 'evicted',
  evictedAdvanced: 'evictedUnderWay',
  dropped: 'dropped',
  values: 'values',
  members: 'members',
  estimated: 'estimated',
};
const WHAT: Readonly<Record<keyof Counts, string>> = {
  lateTaken: 'matches came late and were taken',
  late: 'matches came too late and were left out',
  ungrouped: 'matches lack a field of group-by and were left out',
  unvalued: 'matches have no value in what the rule compares and were left out',
  evicted: 'the state budget is reached, and groups were evicted',
  evictedAdvanced: 'evicted groups were under way',
  dropped: 'groups are full, and their oldest matches were let go',
  values: 'the state of a group is full, and values were let go or not counted',
  members: 'so many hosts, peers and what they share are counted that more were not: it may look less common',
  estimated: 'values or members are estimated',
};

/** The counts under the names that people and programs read. */
export function lossJson({ rule, ...counts }: LossCount): Readonly<Record<string, string | number>> {
  return { rule, ...Object.fromEntries(COUNTS.map((name) => [NAMES[name], counts[name]])) };
}
