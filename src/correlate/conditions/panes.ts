import type { Nanos } from '../../event/time.ts';
import type { PaneAnomaly } from '../../rule/ir/anomaly.ts';
import { durationText } from '../../shared/duration.ts';
import { detectorOf } from '../detectors/index.ts';
import type { Compared, Judged } from '../detectors/judged.ts';
import type { Hit } from '../firing.ts';
import { MAX_TIME } from '../hits.ts';
import { inOrderKind } from '../in-order.ts';
import type { Frame, Kind, Passage, Trigger } from '../kind.ts';
import { numbersOf, textsOf } from '../values.ts';
import { decisionsOf, rounded } from './told.ts';

/** The pane under way; between panes with matches an idle group holds numbers alone. */
type Own = {
  /** Number of the pane; undefined: the group is forgotten. */
  pane: bigint | undefined;
  /** Pane of the last match. */
  last: bigint;
  count: number;
  sum: number;
  distinct: Set<string> | undefined;
  /** The newest matches of the pane as evidence; where a fall is told, one of an earlier pane until there are some. */
  hits: Hit[];
  /** Learning was told of. */
  told: boolean;
  readonly detector: unknown;
};

/** One pane as it was judged. */
export type PanePoint = { readonly start: Nanos; readonly value: number; readonly judged: Judged };

const EVIDENCE = 5;
/** Different values counted per pane; more count as so many, which can only make a rise smaller. */
const MAX_DISTINCT = 4096;

/**
 * One number per pane of time, judged by a detector when the pane is over: bursts, seasons, change. A silent source makes
 * a pane undecided, and it is not learned. Trigger time is the end of the pane. `look` is shown every pane, for charts.
 */
export function paneKind(condition: PaneAnomaly, { timespan }: Frame, look?: (point: PanePoint) => void): Kind {
  const { metric, fields, forget } = condition;
  const field = fields[0] ?? '';
  const detector = detectorOf(condition, timespan);
  const what = `${condition.kind} of ${metric}${field === '' ? '' : ` of ${field}`} per ${durationText(timespan)}`;
  const numberOf = (time: Nanos): bigint => time / timespan - (time < 0n && time % timespan !== 0n ? 1n : 0n);
  const silentPanes = forget / timespan;
  const falls = condition.kind === 'change' || condition.direction !== 'up';

  const measure = ({ count, sum, distinct }: Own): number | undefined => {
    if (metric === 'count') return count;
    if (metric === 'distinct') return distinct?.size ?? 0;
    if (metric === 'sum') return sum;
    return count === 0 ? undefined : sum / count;
  };
  const judge = (own: Own, number: bigint, { silent, watermark }: Passage): Trigger | undefined => {
    const value = measure(own);
    const [start, end] = [number * timespan, (number + 1n) * timespan];
    const { hits } = own;
    const undecided = { time: end - 1n, start, end: end - 1n, undecided: true, explain: () => ({ decision: [], hits }) };
    if (value === undefined) return undefined;
    if (silent(start, end - 1n)) return undecided;
    const judged = detector.judge(own.detector, Number(start / 1_000_000_000n), value);
    look?.({ start, value, judged });
    if (!judged.known) {
      if (own.told) return undefined;
      own.told = true;
      return { ...undecided, learning: true };
    }
    if (!judged.fired || hits.length === 0) return undefined;
    // The inputs ended within this pane: it may lack what would have come.
    if (watermark === MAX_TIME && value < judged.expected) return undefined;
    return { time: end - 1n, start, end: end - 1n, explain: () => ({ decision: tell(judged, value), hits }) };
  };
  const tell = ({ baseline, expected, low, high, confidence }: Compared, value: number) =>
    decisionsOf({
      what,
      baseline: `${baseline}: ${rounded(expected)}`,
      expected: `from ${rounded(low)} to ${rounded(high)}`,
      observed: rounded(value),
      confidence,
    });

  return inOrderKind<Own>({
    initial: () => ({
      pane: undefined,
      last: 0n,
      count: 0,
      sum: 0,
      distinct: undefined,
      hits: [],
      told: false,
      detector: detector.initial(),
    }),
    apply(own, hit) {
      const number = numberOf(hit.time);
      own.pane ??= number;
      if (number !== own.last) own.hits = [];
      own.last = number;
      if (metric === 'sum' || metric === 'avg') {
        for (const value of numbersOf(hit.values[field])) {
          own.sum += value;
          own.count++;
        }
      } else if (metric === 'distinct') {
        own.distinct ??= new Set();
        for (const text of textsOf(hit.values[field])) if (own.distinct.size < MAX_DISTINCT) own.distinct.add(text);
      } else own.count++;
      own.hits.push(hit);
      if (own.hits.length > EVIDENCE) own.hits.shift();
      return undefined;
    },
    due: ({ pane }) => (pane === undefined ? undefined : (pane + 1n) * timespan - 1n),
    elapsed(own, _at, passage) {
      const number = own.pane as bigint;
      // Behind the end of the inputs there is nothing to judge.
      if (passage.watermark === MAX_TIME && number > own.last) {
        own.pane = undefined;
        return undefined;
      }
      const trigger = judge(own, number, passage);
      own.count = 0;
      own.sum = 0;
      own.distinct = undefined;
      own.hits = falls ? own.hits.slice(-1) : [];
      own.pane = number - own.last >= silentPanes ? undefined : number + 1n;
      return trigger;
    },
    blank: ({ pane }) => pane === undefined,
  });
}
