import { canonicalJson } from '../shared/canonical-json.ts';
import { durationText } from '../shared/duration.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Rule, RuleId } from './ir/rule.ts';
import type { Ruleset } from './load.ts';

/** A rule that is another than before, and in what. */
export type RuleChange = { readonly id: RuleId; readonly what: readonly string[] };

export type RulesetDiff = {
  readonly added: readonly RuleId[];
  readonly removed: readonly RuleId[];
  /** Their logic is another: state starts anew. */
  readonly changed: readonly RuleChange[];
  /** Texts, level, tags and the like alone: state is kept. */
  readonly reworded: readonly RuleChange[];
  /** Rules whose state is kept, reworded ones included. */
  readonly kept: number;
};

type Rules = Pick<Ruleset, 'byId'>;

/** What another version of a ruleset adds, changes and takes away. */
export function rulesetDiff({ byId: before }: Rules, { byId: after }: Rules): RulesetDiff {
  let kept = 0;
  const both: { readonly was: Rule; readonly now: Rule }[] = [];
  for (const [id, now] of after) {
    const was = before.get(id);
    // Most of thousands of rules are the same objects: nothing of them is looked at.
    if (was === now) kept++;
    else if (was !== undefined) both.push({ was, now });
  }
  const changed = both.filter(({ was, now }) => was.logicDigest !== now.logicDigest);
  const same = both.filter(({ was, now }) => was.logicDigest === now.logicDigest);
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed: changed.map(({ was, now }) => ({ id: now.id, what: logicChanges(was, now) })),
    reworded: same.flatMap(({ was, now }) => {
      const what = metaChanges(was, now);
      return what.length === 0 ? [] : [{ id: now.id, what }];
    }),
    kept: kept + same.length,
  };
}

/** `+2 ~1 -0 rules, state kept for 211, reset for 1 (ssh_brute_force: timespan)` */
export function diffText({ added, removed, changed, reworded, kept }: RulesetDiff): string {
  const why = changed.slice(0, 5).map(({ id, what }) => `${id}: ${what.join(', ')}`);
  const reset = changed.length === 0 ? '' : `, reset for ${changed.length} (${why.join('; ')}${changed.length > 5 ? '; ...' : ''})`;
  return `+${added.length} ~${changed.length + reworded.length} -${removed.length} rules, state kept for ${kept}${reset}`;
}

const told = (value: unknown): string =>
  canonicalJson(
    JSON.parse(
      JSON.stringify(value ?? null, (_key, one: unknown) =>
        typeof one === 'bigint' ? durationText(one) : one instanceof Map ? [...one] : one,
      ),
    ) as JsonValue,
  );

const PARTS: Readonly<Record<Rule['kind'], readonly string[]>> = {
  detection: ['logsource', 'expr', 'dedup', 'policy', 'join', 'asks', 'event', 'priority'],
  correlation: ['members', 'groupBy', 'timespan', 'condition', 'options', 'generate'],
};

function logicChanges(was: Rule, now: Rule): readonly string[] {
  if (was.kind !== now.kind) return ['kind'];
  const [before, after] = [was, now] as unknown as readonly [Record<string, unknown>, Record<string, unknown>];
  const found = (PARTS[now.kind] ?? [])
    .filter((part) => told(before[part]) !== told(after[part]))
    .map((part) => (part === 'expr' ? 'detection' : part === 'groupBy' ? 'group-by' : part));
  return found.length === 0 ? ['logic'] : found;
}

function metaChanges({ meta: was, alerts: alerted }: Rule, { meta: now, alerts }: Rule): readonly string[] {
  const { place: _was, ...before } = was;
  const { place: _now, ...after } = now;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof typeof after)[];
  return [...names.filter((name) => told(before[name]) !== told(after[name])), ...(alerted === alerts ? [] : ['alerts'])];
}
