import type { Threshold } from '../../rule/ir/rule.ts';
import type { Hit } from '../firing.ts';
import type { Frame, Kind } from '../kind.ts';
import { textsOf, tuplesOf } from '../values.ts';
import { windowKind } from '../windows.ts';
import { edgesByKey } from './spare.ts';
import { decisionOf, least, meets, rising } from './thresholds.ts';

/** Distinct values of one field, or tuples of several, as case-sensitive text; a missing part is no value. */
export function valueCount(
  { fields, thresholds }: { readonly fields: readonly string[]; readonly thresholds: readonly Threshold[] },
  { timespan }: Frame,
): Kind {
  const [only, ...more] = fields;
  const keysOf = ({ values }: Hit): readonly string[] =>
    only !== undefined && more.length === 0
      ? textsOf(values[only])
      : tuplesOf(fields.map((field) => textsOf(values[field]))).map((tuple) => JSON.stringify(tuple));
  const distinct = (hits: readonly Hit[], from: number, to: number, enough: number): number => {
    const seen = new Set<string>();
    for (let i = to - 1; i >= from && seen.size < enough; i--) for (const key of keysOf(hits[i] as Hit)) seen.add(key);
    return seen.size;
  };
  const up = rising(thresholds);
  const enough = up ? least(thresholds) : Number.POSITIVE_INFINITY;
  return windowKind(up ? 'trigger' : 'anchored', timespan, {
    holds: (hits, from, to) => to - from > 0 && meets(distinct(hits, from, to, enough), thresholds),
    decision: (hits, from, to) => decisionOf('value_count', distinct(hits, from, to, Number.POSITIVE_INFINITY), thresholds),
    ...(up ? { keysOf, spare: (hits) => edgesByKey(hits, timespan, keysOf) } : {}),
  });
}
