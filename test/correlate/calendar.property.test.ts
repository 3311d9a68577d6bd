import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCalendar } from '../../src/correlate/calendar.ts';

/** Instants around borders of seconds, also before 1970. */
const instant = fc.integer({ min: -15, max: 40 }).map((tenths) => BigInt(tenths) * 100_000_000n);
const step = fc.oneof(
  fc.record({ key: fc.constantFrom(...'abcdef'), at: instant }),
  fc.record({ to: instant }),
  fc.record({ gone: fc.constantFrom(...'abcdef') }),
);

test('gives every key that is due, whatever was due before it and however often is asked', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50, size: 'max' }), (steps) => {
      const calendar = createCalendar();
      const due = new Map<string, bigint>();
      let now = -100_000_000_000n;
      for (const one of steps) {
        // A group is only ever put earlier, or anew once it was taken; nothing is due before what has passed.
        if ('key' in one) {
          const at = one.at < now ? now : one.at;
          const known = due.get(one.key);
          if (known !== undefined && known <= at) continue;
          due.set(one.key, at);
          calendar.add(one.key, at);
        } else if ('gone' in one) due.delete(one.gone);
        else {
          if (one.to < now) continue;
          now = one.to;
          const taken = new Set([...calendar.take(now, (key) => due.get(key))].filter((key) => (due.get(key) ?? now) < now));
          const wanted = [...due].filter(([, at]) => at < now).map(([key]) => key);
          expect([...taken].sort()).toEqual(wanted.sort());
          for (const key of taken) due.delete(key);
        }
      }
    }),
    { numRuns: 500 },
  );
});
