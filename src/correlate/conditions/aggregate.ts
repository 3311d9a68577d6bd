import type { Condition } from '../../rule/ir/rule.ts';
import type { Hit } from '../firing.ts';
import type { Frame, Kind } from '../kind.ts';
import { numbersOf } from '../values.ts';
import { windowKind } from '../windows.ts';
import { decisionOf, meets, rising } from './thresholds.ts';

type Numeric = Extract<Condition, { readonly kind: 'value_sum' | 'value_avg' | 'value_median' | 'value_percentile' }>;

/** Names of fields that hold no negative numbers: amounts of data, of things, of time. */
const AMOUNT = /(?:^|[._])(?:bytes|packets|count|duration|size|length)$/i;

/** Sum, average, median or percentile of a numeric field; a window without numbers never holds. */
export function aggregateKind(condition: Numeric, { timespan }: Frame): Kind {
  const { kind, field, thresholds, minEvents = 1 } = condition;
  const grows = kind === 'value_sum' && (condition.nonNegative ?? AMOUNT.test(field));
  const observed = (hits: readonly Hit[], from: number, to: number): number | undefined => {
    const numbers: number[] = [];
    for (let i = from; i < to; i++)
      for (const value of numbersOf((hits[i] as Hit).values[field])) if (!grows || value >= 0) numbers.push(value);
    return numbers.length < minEvents ? undefined : aggregate(condition, numbers);
  };
  const mode = kind !== 'value_sum' ? 'trailing' : !rising(thresholds) ? 'anchored' : grows ? 'trigger' : 'trailing';
  return windowKind(mode, timespan, {
    holds(hits, from, to) {
      const value = observed(hits, from, to);
      return value !== undefined && meets(value, thresholds);
    },
    decision: (hits, from, to) => decisionOf(kind, observed(hits, from, to) ?? Number.NaN, thresholds),
  });
}

function aggregate({ kind, percentile }: Numeric, numbers: readonly number[]): number {
  // Sorted first, so that rounding does not depend on the order of arrival.
  const sorted = [...numbers].sort((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  if (kind === 'value_sum') return sum;
  if (kind === 'value_avg') return sum / sorted.length;
  return atRank(sorted, kind === 'value_median' ? 50 : (percentile ?? 50));
}

/** Linear interpolation at rank p/100 (n - 1). */
export function atRank(sorted: readonly number[], percentile: number): number {
  const rank = (percentile / 100) * (sorted.length - 1);
  const low = Math.floor(rank);
  const [a = 0, b = a] = [sorted[low], sorted[low + 1]];
  return a + (b - a) * (rank - low);
}
