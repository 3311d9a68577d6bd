import type { Nanos } from '../../event/time.ts';
import { durationText } from '../../shared/duration.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Frame, Kind } from '../kind.ts';
import {
  boundValues,
  forgetValues,
  type KnownValues,
  MAX_VALUES,
  NO_VALUES,
  olderBytes,
  olderOf,
  packValues,
  sizeOf,
  unseen,
  valueBytes,
} from '../known-values.ts';
import { hashKeyOf } from '../sketches/keyed-hash.ts';
import { lacksAny, valueKeys } from '../values.ts';
import type { Look } from './panes.ts';
import { decisionsOf, hoursOf } from './told.ts';

export type NewValueCondition = {
  readonly fields: readonly string[];
  /** A group says nothing before it is this old. */
  readonly learn: Nanos;
  /** A value that was not seen for this long is new again. */
  readonly forget: Nanos;
  /** What the first match of a group is: learned, or new itself. */
  readonly newGroup: 'learn' | 'alert';
};

type Own = Applied & { first: Nanos | undefined; newest: Nanos; last: KnownValues; told: boolean };

/** First seen: a value (or tuple of values) that the group did not have within `forget`. */
export function newValue({ fields, learn, forget, newGroup }: NewValueCondition, { logicDigest = '' }: Frame, look?: Look): Kind {
  const remembering = { span: forget, hashKey: hashKeyOf(logicDigest) };
  const what = `first seen ${fields.join(', ')}`;
  const within = durationText(forget);
  /** How many of the values are new: none is usual. */
  const draw = ({ last, first }: Own, keys: readonly string[], news: readonly string[], start: Nanos, learned: boolean): void => {
    const known = sizeOf(last) + olderOf(last) - news.length;
    const label = (news.length > 0 ? news : keys).join(', ');
    const compared = { fired: news.length > 0, baseline: 'values known', expected: 0, low: 0, high: 0, confidence: confidenceIn(known) };
    const judged = learned ? { known: true as const, ...compared } : { known: false as const, ...hoursOf(start - (first ?? start), learn) };
    look?.({ start, value: news.length, label, judged });
  };
  const kind = inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, first: undefined, newest: 0n, last: NO_VALUES, told: false }),
    apply(own, hit, passage) {
      const { time } = hit;
      const fresh = own.first === undefined;
      own.first ??= time;
      own.newest = time;
      const learned = fresh ? newGroup === 'alert' : time >= own.first + learn;
      const keys = valueKeys(fields, hit.values, passage.dropped, time);
      const news = unseen(own, keys, time, remembering);
      if (look !== undefined && keys.length > 0) draw(own, keys, news, time, learned);
      if (news.length > 0) boundValues(own, time, remembering, passage);
      if (!learned && !own.told && learn > 0n) {
        own.told = true;
        return { time, start: time, end: time + learn, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      if (news.length === 0 || !learned) return undefined;
      const known = sizeOf(own.last) - news.length;
      const more = moreText(own.last);
      const decision = news.flatMap((key) =>
        decisionsOf({
          what,
          baseline: `${known} values known within ${within}${more}`,
          expected: 'seen before',
          observed: key,
          confidence: confidenceIn(known + olderOf(own.last)),
        }),
      );
      return { time, start: time, end: time, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ first, newest }) => (first === undefined ? undefined : newest + forget),
    postpones: true,
    pack: packValues,
    elapsed(own) {
      forgetValues(own);
      own.told = false;
      own.first = undefined;
      return undefined;
    },
    blank: ({ first }) => first === undefined,
  });
  return {
    ...kind,
    lacks: lacksAny(fields),
    sketchBytes: (own) => olderBytes((own as Own).last),
    ownBytes: (own) => valueBytes((own as Own).last),
  } as Kind;
}

/** What one of these is told of as new was never seen; a new one may be taken for one of them. */
function moreText(known: KnownValues): string {
  const older = olderOf(known);
  if (older > 0) return `, and up to ${older} older ones by fingerprint (misses at most 1 new value in 20,000)`;
  return sizeOf(known) > MAX_VALUES ? ', those seen last' : '';
}

/** By Laplace's rule of succession: the chance that the next value of a group is one of those known. */
const confidenceIn = (known: number): number => (known === 0 ? 0.5 : 1 - 1 / (known + 2));
