import type { Nanos } from '../../event/time.ts';
import type { Hit } from '../firing.ts';
import { inOrderKind } from '../in-order.ts';
import type { Kind } from '../kind.ts';
import { textsOf, tuplesOf } from '../values.ts';

export type NewValueCondition = {
  readonly fields: readonly string[];
  /** A group says nothing before it is this old. */
  readonly learn: Nanos;
  /** A value that was not seen for this long is new again. */
  readonly forget: Nanos;
  /** What the first match of a group is: learned, or new itself. */
  readonly newGroup: 'learn' | 'alert';
};

/** `last`: when each value was seen last, in that order. */
type Own = { first: Nanos | undefined; newest: Nanos; readonly last: Map<string, Nanos> };

/** Values kept exactly per group; beyond, the one seen longest ago is forgotten, which can only make it new again. */
const MAX_VALUES = 1000;

/** First seen: a value (or tuple of values) that the group did not have within `forget`. */
export function newValue({ fields, learn, forget, newGroup }: NewValueCondition): Kind {
  return inOrderKind<Own>({
    initial: () => ({ first: undefined, newest: 0n, last: new Map() }),
    apply(own, hit) {
      const { time } = hit;
      const fresh = own.first === undefined;
      own.first ??= time;
      own.newest = time;
      const learned = fresh ? newGroup === 'alert' : time >= own.first + learn;
      const news = keysOf(hit).filter((key) => {
        const seen = own.last.get(key);
        own.last.delete(key);
        own.last.set(key, time);
        return seen === undefined || seen < time - forget;
      });
      while (own.last.size > MAX_VALUES) own.last.delete(own.last.keys().next().value as string);
      if (news.length === 0 || !learned) return undefined;
      const decision = news.map((key) => ({ condition: `first seen ${fields.join(', ')}`, expected: 'seen before', observed: key }));
      return { time, start: time, end: time, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ first, newest }) => (first === undefined ? undefined : newest + forget),
    elapsed(own) {
      own.last.clear();
      own.first = undefined;
      return undefined;
    },
    blank: ({ first }) => first === undefined,
  });
  function keysOf({ values }: Hit): readonly string[] {
    return tuplesOf(fields.map((field) => textsOf(values[field]))).map((tuple) =>
      tuple.length === 1 ? (tuple[0] as string) : JSON.stringify(tuple),
    );
  }
}
