import type { Nanos } from '../../event/time.ts';
import type { PaneAnomaly } from '../../rule/ir/anomaly.ts';
import { durationText } from '../../shared/duration.ts';
import type { JsonValue } from '../../shared/json.ts';
import { detectorOf } from '../detectors/index.ts';
import type { Compared, Judged } from '../detectors/judged.ts';
import type { Hit } from '../firing.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Explanation, Frame, Kind, Passage, Trigger } from '../kind.ts';
import { lastInstant, paneAt, paneNumber } from '../pane-number.ts';
import { type Distinct, distinctBytes, distinctOf, withDistinct } from '../sketches/distinct.ts';
import { FINE } from '../sketches/hyperloglog.ts';
import { hashKeyOf } from '../sketches/keyed-hash.ts';
import { numbersOf, textsOf } from '../values.ts';
import { about, decisionsOf, rangeText, rounded } from './told.ts';

/** What a group holds between panes with matches: small numbers, and the past of the detector. */
type Own = Applied & {
  /** Number of the pane; undefined: the group is forgotten. */
  pane: number | undefined;
  /** Pane of the last match. */
  last: number;
  /** What came in the pane under way, and the evidence of a fall. */
  open: Open | undefined;
  past: unknown;
};

type Open = {
  /** Matches. */
  count: number;
  sum: number;
  /** Numbers beyond one per match, where a match has several. */
  more?: number;
  distinct: Distinct | undefined;
  /** The first and the newest matches of the pane as evidence; where a fall is told, one of an earlier pane until there are some. */
  hits: Hit[];
};

/**
 * One pane as it was judged, or one match where a kind judges matches; `label` names what of the match was judged. `idle`
 * says that it is so many panes without a match, all judged alike, from `start` on.
 */
export type PanePoint = {
  readonly start: Nanos;
  readonly value: number;
  readonly judged: Judged;
  readonly label?: string;
  readonly idle?: number;
};
export type Look = (point: PanePoint) => void;

/** Matches kept of a pane: the first, and so many less one of the last. */
const EVIDENCE = 5;
const EMPTY: Open = { count: 0, sum: 0, distinct: undefined, hits: [] };
/** Sums stay within this: beyond, differences and squares of them would be no numbers, and what learned those would never judge again. */
const MOST_SUM = 1e150;
const within = (value: number): number => Math.max(-MOST_SUM, Math.min(MOST_SUM, value));

/**
 * One number per pane of time, judged by a detector when the pane is over: bursts, seasons, change. A silent source makes
 * a pane undecided, and it is not learned. Trigger time is the end of the pane. `look` is shown every pane, for charts.
 */
export function paneKind(condition: PaneAnomaly, { timespan, logicDigest = '' }: Frame, look?: Look): Kind {
  const { metric, fields, forget } = condition;
  const field = fields[0] ?? '';
  const detector = detectorOf(condition, timespan);
  const what = `${condition.kind} of ${metric}${field === '' ? '' : ` of ${field}`} per ${durationText(timespan)}`;
  const numberOf = paneNumber(timespan);
  const lastOf = lastInstant(timespan);
  const silentPanes = Number(forget / timespan);
  const hashKey = hashKeyOf(logicDigest);
  const falls = condition.kind === 'change' || condition.direction !== 'up';

  const measure = (open: Open | undefined): number | undefined => {
    const { count, sum, more = 0, distinct } = open ?? EMPTY;
    if (metric === 'count') return count;
    if (metric === 'distinct') return distinctOf(distinct);
    if (metric === 'sum') return sum;
    return count === 0 ? undefined : sum / (count + more);
  };
  /** Did the inputs end within this pane, or before it? Then it may lack what would have come. */
  const isCut = (number: number, { ended }: Passage): boolean => ended !== undefined && BigInt(number + 1) * timespan - 1n > ended;
  /** What `look` was shown last. */
  let shown: PanePoint | undefined;
  /** How many panes after an empty one, of which nothing was told and which changed nothing, are sure to be the same. */
  const stillAfter = ({ last }: Own, number: number, { ended, silent }: Passage, until: Nanos, observed: boolean): number => {
    const numberAt = (time: Nanos): number => Number(paneAt(time, timespan));
    const ends = [numberAt(until), last + silentPanes, ...(ended === undefined ? [] : [numberAt(ended + 1n)])];
    let count = Math.min(...ends) - number - 1;
    const start = BigInt(number + 1) * timespan;
    // A pane in which a source was silent is told of, whatever is in it.
    while (observed && count > 0 && silent(start, start + BigInt(count) * timespan - 1n)) count = Math.floor(count / 2);
    return Math.max(0, count);
  };
  const judge = (own: Own, number: number, passage: Passage): Trigger | undefined => {
    const value = measure(own.open);
    const start = BigInt(number) * timespan;
    const end = start + timespan;
    const cut = isCut(number, passage);
    const { hits, count, distinct } = own.open ?? EMPTY;
    const undecided = (more: object): Trigger => ({
      time: end - 1n,
      start,
      end: end - 1n,
      undecided: true,
      explain: () => ({ decision: [], hits }),
      ...more,
    });
    if (value === undefined) return undefined;
    if (passage.silent(start, end - 1n)) return undecided({});
    const found = detector.judge(own, Number(start / 1_000_000_000n), value);
    const judged = cut && found.known && value < found.expected ? { ...found, fired: false } : found;
    if (look !== undefined) {
      shown = {
        start,
        value,
        judged,
        ...(number > own.last ? { idle: 1 } : {}),
        ...(cut ? { label: 'cut short by the end of the inputs' } : {}),
      };
      look(shown);
    }
    if (!judged.known) {
      // Told of once per group.
      return judged.first ? undecided({ learning: true }) : undefined;
    }
    if (!judged.fired || hits.length === 0) return undefined;
    const explain = (): Explanation => {
      const seen = distinct instanceof Uint8Array ? about(value, FINE.error) : rounded(value);
      return { decision: tell(judged, seen), hits, count };
    };
    return { time: end - 1n, start, end: end - 1n, explain };
  };
  const tell = (judged: Compared, observed: JsonValue) => {
    const { baseline, expected, confidence, views = [] } = judged;
    const told = {
      what,
      baseline: `${baseline}${memoryText(judged)}: ${rounded(expected)}`,
      expected: rangeText(judged),
      observed,
      confidence,
    };
    const saw = views.map(({ name, low, usual, seen }) => ({
      condition: name,
      expected: `usual ${low ? 'down' : 'up'} to ${rounded(usual)}`,
      observed: rounded(seen),
    }));
    return [...decisionsOf(told), ...saw];
  };

  const kind = inOrderKind<Own>({
    initial: () => ({
      applied: MIN_TIME,
      pane: undefined,
      last: 0,
      open: undefined,
      past: detector.initial(),
    }),
    apply(own, hit, { estimated }) {
      const number = numberOf(hit.time);
      own.pane ??= number;
      own.open ??= { count: 0, sum: 0, distinct: undefined, hits: [] };
      const { open } = own;
      if (number !== own.last) open.hits = [];
      own.last = number;
      if (metric === 'sum' || metric === 'avg') {
        const numbers = numbersOf(hit.values[field]);
        for (const value of numbers) open.sum = within(open.sum + within(value));
        if (numbers.length > 1) open.more = (open.more ?? 0) + numbers.length - 1;
      } else if (metric === 'distinct') {
        let distinct = open.distinct ?? new Set<string>();
        for (const text of textsOf(hit.values[field])) {
          distinct = withDistinct(distinct, text, hashKey);
          if (distinct instanceof Uint8Array) estimated?.(1);
        }
        open.distinct = distinct;
      }
      open.count++;
      keepEvidence(open.hits, hit);
      return undefined;
    },
    due: ({ pane }) => (pane === undefined ? undefined : lastOf(pane)),
    open: ({ open }) => open !== undefined,
    postpones: true,
    elapsed(own, _at, passage, until) {
      const number = own.pane as number;
      // Behind the end of the inputs there is nothing to judge.
      if (number > own.last && isCut(number, passage)) {
        own.pane = undefined;
        return undefined;
      }
      const { past } = own;
      const trigger = judge(own, number, passage);
      const idle = number > own.last && trigger === undefined;
      const evidence = falls ? own.open?.hits.at(-1) : undefined;
      own.open = evidence === undefined ? undefined : { count: 0, sum: 0, distinct: undefined, hits: [evidence] };
      own.pane = number - own.last >= silentPanes ? undefined : number + 1;
      if (own.pane === undefined || !idle) return trigger;
      // Nothing is observed, or the same past and the same value give the same answer again.
      const observed = metric !== 'avg';
      if (observed && !(own.past === past && detector.timeless?.(past))) return trigger;
      const still = stillAfter(own, number, passage, until, observed);
      if (still === 0) return trigger;
      if (look !== undefined && observed) look({ ...(shown as PanePoint), start: BigInt(number + 1) * timespan, idle: still });
      own.pane += still;
      return trigger;
    },
    blank: ({ pane }) => pane === undefined,
  });
  if (metric === 'count') return kind as Kind;
  const lacks: Kind['lacks'] =
    metric === 'distinct' ? (values) => textsOf(values[field]).length === 0 : (values) => numbersOf(values[field]).length === 0;
  if (metric !== 'distinct') return { ...kind, lacks } as Kind;
  return { ...kind, lacks, ownBytes: (own) => distinctBytes((own as Own).open?.distinct) } as Kind;
}

function keepEvidence(hits: Hit[], hit: Hit): void {
  if (hits.length < EVIDENCE) {
    hits.push(hit);
    return;
  }
  // One by one: `copyWithin` of an array costs more than all the rest of a match.
  for (let i = 1; i < EVIDENCE - 1; i++) hits[i] = hits[i + 1] as Hit;
  hits[EVIDENCE - 1] = hit;
}

function memoryText({ step = 0, digits }: Compared): string {
  if (step > 0) return `, remembered in steps of ${rounded(step)}`;
  return digits === undefined ? '' : `, remembered to ${digits} binary digits`;
}
