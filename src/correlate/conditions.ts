import { compareNumbers } from '../detect/reference.ts';
import type { Condition, MemberExpr, RuleId, Threshold } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Decision, Hit } from './firing.ts';

/** What a condition says about the hits of one closed window, in order. */
export type Verdict = { readonly holds: boolean; readonly decision: readonly Decision[] };

/** Hits of one window in order of time, first and last included. */
export type WindowHits = readonly Hit[];

/**
 * How a rule decides (correlation page, section 2): `trigger` at every match on the window that ends there; `trailing` the
 * same once no earlier match can come; `anchored` once per window that opens at the first match not yet covered.
 */
/** `absent`: as trailing, but what must not be there may also come up to a window later. */
export type Mode = 'trigger' | 'trailing' | 'anchored' | 'absent';

export function modeOf(condition: Condition): Mode {
  if (condition.kind === 'temporal_expression') return negates(condition.expression) ? 'absent' : 'trigger';
  const rising = condition.thresholds.every(({ compare }) => compare === 'gt' || compare === 'gte');
  switch (condition.kind) {
    case 'event_count':
    case 'value_count':
    case 'temporal':
      return rising ? 'trigger' : 'anchored';
    case 'value_sum':
      return rising ? 'trailing' : 'anchored';
    default:
      return 'trailing';
  }
}

export function decide(condition: Condition, hits: WindowHits, members: readonly RuleId[]): Verdict {
  switch (condition.kind) {
    case 'event_count':
      return against(condition.kind, hits.length, condition.thresholds);
    case 'value_count':
      return against(condition.kind, distinct(hits, condition.fields), condition.thresholds);
    case 'temporal': {
      const seen = condition.ordered ? longestChain(hits, members) : new Set(hits.map(({ rule }) => rule)).size;
      const thresholds = condition.thresholds.length > 0 ? condition.thresholds : [{ compare: 'gte' as const, value: members.length }];
      return against(condition.ordered ? 'temporal_ordered' : 'temporal', seen, thresholds);
    }
    case 'temporal_expression':
      return expression(condition.expression, hits);
    default: {
      const numbers = hits.flatMap(({ values }) => numbersOf(values[condition.field]));
      return numbers.length === 0
        ? { holds: false, decision: [] }
        : against(condition.kind, aggregate(condition, numbers), condition.thresholds);
    }
  }
}

function against(kind: string, observed: number, thresholds: readonly Threshold[]): Verdict {
  const decision = thresholds.map(({ compare, value }) => ({ condition: `${kind} ${compare}`, expected: value, observed }));
  const holds = thresholds.every(({ compare, value }) =>
    compare === 'neq' ? observed !== value : compareNumbers(observed, compare, value),
  );
  return { holds, decision };
}

/** Distinct values of one field, or tuples of several, as case-sensitive text; a missing part is no value. */
function distinct(hits: WindowHits, fields: readonly string[]): number {
  const seen = new Set<string>();
  for (const { values } of hits)
    for (const tuple of tuplesOf(fields.map((field) => textsOf(values[field])))) seen.add(JSON.stringify(tuple));
  return seen.size;
}

/** Arrays count by element; the product of several is cut at this many tuples per event. */
export const MAX_TUPLES = 16;

export function tuplesOf(parts: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let tuples: (readonly string[])[] = [[]];
  for (const part of parts) tuples = tuples.flatMap((tuple) => part.map((text) => [...tuple, text])).slice(0, MAX_TUPLES);
  return tuples;
}

export function textsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return [...new Set((value as readonly JsonValue[]).flatMap(textsOf))];
  return typeof value === 'object' ? [JSON.stringify(value)] : [String(value)];
}

function numbersOf(value: JsonValue | undefined): readonly number[] {
  return textsOf(value).map(Number).filter(Number.isFinite);
}

/** The longest run of member rules in the order written that matches realise at rising places. */
function longestChain(hits: WindowHits, members: readonly RuleId[]): number {
  // best[k]: the chain of the first k members can be complete; the window is scanned once, from the last step down.
  let reached = 0;
  const best = new Array<boolean>(members.length + 1).fill(false);
  best[0] = true;
  for (const { rule } of hits) {
    for (let k = members.length; k >= 1; k--) {
      if (best[k - 1] && members[k - 1] === rule && !best[k]) {
        best[k] = true;
        reached = Math.max(reached, k);
        break;
      }
    }
  }
  return reached;
}

function expression(tree: MemberExpr, hits: WindowHits): Verdict {
  const seen = new Set(hits.map(({ rule }) => rule));
  const holds = (node: MemberExpr): boolean => {
    if (node.op === 'member') return seen.has(node.rule);
    if (node.op === 'not') return !holds(node.of);
    return node.op === 'and' ? node.of.every(holds) : node.of.some(holds);
  };
  return { holds: holds(tree), decision: [{ condition: 'temporal', expected: true, observed: [...seen].sort() }] };
}

function negates(tree: MemberExpr): boolean {
  return tree.op === 'not' || (tree.op !== 'member' && tree.of.some(negates));
}

/** One way to fulfil an expression: these members seen, those not. */
type Conjunct = { readonly seen: readonly RuleId[]; readonly absent: readonly RuleId[] };

/**
 * An expression with `not` at a candidate for the last positive match: the positives as late as possible within a window
 * that ends there, and none of the others in any window that holds the positives (correlation page, section 3, row 19).
 * `around` holds the hits from one window before the candidate to one window after it.
 */
export function decideAbsent(tree: MemberExpr, around: WindowHits, end: bigint, timespan: bigint): Verdict & { readonly hits: WindowHits } {
  for (const { seen, absent } of conjuncts(tree)) {
    const latest = seen.map((rule) => around.findLast((hit) => hit.rule === rule && hit.time <= end && hit.time >= end - timespan));
    const hits = latest.filter((hit) => hit !== undefined);
    if (hits.length < seen.length || !hits.some(({ time }) => time === end)) continue;
    const first = hits.reduce((least, { time }) => (time < least ? time : least), end);
    const disturbed = around.some(({ rule, time }) => absent.includes(rule) && time >= end - timespan && time <= first + timespan);
    if (!disturbed) return { holds: true, decision: [{ condition: 'temporal', expected: true, observed: [...seen].sort() }], hits };
  }
  return { holds: false, decision: [], hits: [] };
}

const MAX_CONJUNCTS = 64;

function conjuncts(tree: MemberExpr, negated = false): readonly Conjunct[] {
  if (tree.op === 'member') return [negated ? { seen: [], absent: [tree.rule] } : { seen: [tree.rule], absent: [] }];
  if (tree.op === 'not') return conjuncts(tree.of, !negated);
  const parts = tree.of.map((one) => conjuncts(one, negated));
  if ((tree.op === 'or') !== negated) return parts.flat().slice(0, MAX_CONJUNCTS);
  const empty: readonly Conjunct[] = [{ seen: [], absent: [] }];
  return parts.reduce(
    (all, part) =>
      all.flatMap((a) => part.map((b) => ({ seen: [...a.seen, ...b.seen], absent: [...a.absent, ...b.absent] }))).slice(0, MAX_CONJUNCTS),
    empty,
  );
}

type Numeric = Extract<Condition, { readonly field: string }>;

function aggregate({ kind, percentile }: Numeric, numbers: readonly number[]): number {
  // Sorted first, so that rounding does not depend on the order of arrival.
  const sorted = [...numbers].sort((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  if (kind === 'value_sum') return sum;
  if (kind === 'value_avg') return sum / sorted.length;
  return atRank(sorted, kind === 'value_median' ? 50 : (percentile ?? 50));
}

/** Linear interpolation at rank p/100 (n - 1). */
function atRank(sorted: readonly number[], percentile: number): number {
  const rank = (percentile / 100) * (sorted.length - 1);
  const low = Math.floor(rank);
  const [a = 0, b = a] = [sorted[low], sorted[low + 1]];
  return a + (b - a) * (rank - low);
}
