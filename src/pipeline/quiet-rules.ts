import type { Firing } from '../correlate/firing.ts';
import type { Rule, RuleId } from '../rule/ir/rule.ts';
import { isObject, type JsonValue } from '../shared/json.ts';

/** What a rule that speaks to nobody would have alerted; of a canary also how that differs from the rule it is to replace. */
export type QuietCount = {
  readonly rule: RuleId;
  readonly mode: 'shadow' | 'canary';
  readonly alerts: number;
  readonly canary?: { readonly of: RuleId; readonly both: number; readonly onlyNew: number; readonly onlyOld: number };
};

export type QuietRules = {
  /** Takes up another ruleset; counts of rules that are still quiet and decide the same go on. */
  use(rules: ReadonlyMap<RuleId, Rule>): void;
  /** Notes a firing of any rule; true: the rule is quiet, and nobody is told. */
  observe(firing: Firing): boolean;
  counts(): readonly QuietCount[];
  snapshot(): JsonValue;
};

/** The name under which a store keeps the counts. */
export const QUIET_RULES = 'quiet-rules';

/** Episodes of a pair that are remembered to be compared; more are counted as of one side. */
const MAX_EPISODES = 10_000;

type Entry = {
  mode: 'shadow' | 'canary';
  logic: string;
  of: RuleId | undefined;
  alerts: number;
  both: number;
  onlyNew: number;
  onlyOld: number;
};
type Pair = { readonly canary: RuleId; readonly waiting: Map<string, 'old' | 'new'> };

/**
 * Counts for shadow and canary rules. Episodes are held against each other by group and the time of their opening cell, so
 * that the order in which two rules speak does not matter.
 */
export function createQuietRules(
  saved: JsonValue | undefined,
  told: (rule: RuleId, mode: QuietCount['mode']) => void = () => undefined,
): QuietRules {
  const known = isObject(saved) ? saved : {};
  let entries = new Map<RuleId, Entry>();
  let pairs = new Map<RuleId, Pair>();

  const restored = (id: RuleId, logic: string): Partial<Entry> => {
    const live = entries.get(id);
    if (live?.logic === logic) return live;
    const stored = known[id];
    return stored !== undefined && isObject(stored) && stored['logic'] === logic ? (stored as unknown as Partial<Entry>) : {};
  };
  const compare = ({ canary, waiting }: Pair, side: 'old' | 'new', { group, opening, time }: Firing): void => {
    const entry = entries.get(canary);
    if (entry === undefined) return;
    const key = `${group.key} ${opening} ${time - (time % 60_000_000_000n)}`;
    const other = waiting.get(key);
    if (other !== undefined && other !== side) {
      waiting.delete(key);
      entry[other === 'old' ? 'onlyOld' : 'onlyNew']--;
      entry.both++;
      return;
    }
    entry[side === 'old' ? 'onlyOld' : 'onlyNew']++;
    waiting.set(key, side);
    if (waiting.size > MAX_EPISODES) waiting.delete(waiting.keys().next().value as string);
  };

  return {
    use(rules) {
      const next = new Map<RuleId, Entry>();
      const nextPairs = new Map<RuleId, Pair>();
      for (const { id, meta, logicDigest } of rules.values()) {
        const mode = meta.alert?.mode;
        if (mode === undefined) continue;
        const before = restored(id, logicDigest);
        const { alerts = 0, both = 0, onlyNew = 0, onlyOld = 0 } = before;
        next.set(id, { mode, logic: logicDigest, of: meta.alert?.canaryOf, alerts, both, onlyNew, onlyOld });
        const of = meta.alert?.canaryOf;
        const original = of === undefined ? undefined : [...rules.values()].find((rule) => rule.id === of || rule.meta.name === of)?.id;
        if (original !== undefined)
          nextPairs.set(original, pairs.get(original)?.canary === id ? (pairs.get(original) as Pair) : { canary: id, waiting: new Map() });
      }
      entries = next;
      pairs = nextPairs;
    },
    observe(firing) {
      if (entries.size === 0) return false;
      const entry = entries.get(firing.rule);
      if (firing.stage !== 'opened') return entry !== undefined;
      const pair = pairs.get(firing.rule);
      if (pair !== undefined) compare(pair, 'old', firing);
      if (entry === undefined) return false;
      entry.alerts++;
      told(firing.rule, entry.mode);
      const own = [...pairs.values()].find(({ canary }) => canary === firing.rule);
      if (own !== undefined) compare(own, 'new', firing);
      return true;
    },
    counts: () => countsOf(entries),
    snapshot: () => Object.fromEntries([...entries].map(([id, entry]) => [id, { ...entry, of: entry.of ?? null }])),
  };
}

const countsOf = (entries: ReadonlyMap<RuleId, Entry>): readonly QuietCount[] =>
  [...entries].map(([rule, { mode, alerts, of, both, onlyNew, onlyOld }]) => ({
    rule,
    mode,
    alerts,
    ...(of === undefined || of === null ? {} : { canary: { of, both, onlyNew, onlyOld } }),
  }));

/** Counts as a checkpoint holds them. */
export function quietCountsOf(saved: JsonValue): readonly QuietCount[] {
  return isObject(saved) ? countsOf(new Map(Object.entries(saved).map(([id, entry]) => [id, entry as unknown as Entry]))) : [];
}
