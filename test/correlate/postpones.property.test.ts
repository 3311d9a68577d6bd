import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hit } from '../../src/correlate/firing.ts';
import { MIN_TIME } from '../../src/correlate/hits.ts';
import { type Applied, inOrderKind } from '../../src/correlate/in-order.ts';

type Own = Applied & { last: bigint | undefined; panes: number };

/** Tells of every fifth second, and of every pause longer than three seconds, three times; forgets after the last. */
const kindWith = (postpones: boolean, seen: string[]) =>
  inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, last: undefined, panes: 0 }),
    apply(own, { time }) {
      seen.push(`at ${time}`);
      own.last = time;
      own.panes = 0;
      return time % 5n === 0n ? { time, start: time, end: time, explain: () => ({ decision: [], hits: [] }) } : undefined;
    },
    due: ({ last, panes }) => (last === undefined ? undefined : last + 3n * BigInt(panes + 1)),
    ...(postpones ? { postpones } : {}),
    elapsed(own, time) {
      seen.push(`due ${time}`);
      if (++own.panes === 3) own.last = undefined;
      return { time, start: time, end: time, explain: () => ({ decision: [], hits: [] }) };
    },
    pack: () => void seen.push('packed'),
    blank: ({ last }) => last === undefined,
  });

const origin = { source: 's', partition: 0, offset: 0n, index: 0 };
const hitAt = (time: bigint): Hit => ({ time, origin, rule: 'a', appendedAt: 0, values: {}, entities: {}, bytes: 0 });
const gaps = fc.array(fc.oneof(fc.nat(2), fc.nat(15)), { maxLength: 30 });

test('matches and what is due come in order of time, in one step or many, asked for each time or not', () => {
  fc.assert(
    fc.property(gaps, fc.array(fc.nat(100), { maxLength: 6 }), fc.boolean(), (list, marks, postpones) => {
      let now = 0n;
      const hits = list.map((gap) => {
        now += BigInt(gap);
        return hitAt(now);
      });
      const expected: string[] = [];
      let last: bigint | undefined;
      const quiet = (until: bigint): void => {
        for (let i = 1n; last !== undefined && i <= 3n && last + 3n * i < until; i++) {
          expected.push(`due ${last + 3n * i}`);
          if (i === 3n) last = undefined;
        }
      };
      for (const { time } of hits) {
        quiet(time);
        expected.push(`at ${time}`);
        last = time;
      }
      quiet(1000n);

      const seen: string[] = [];
      const kind = kindWith(postpones, seen);
      const own = kind.initial();
      let told = 0;
      for (const watermark of [...marks.map(BigInt).sort((a, b) => Number(a - b)), 1000n])
        for (const trigger of kind.passed(hits, own, { watermark, silent: () => false })) {
          expect(seen.at(-1)).toBe('packed');
          expect([`at ${trigger.time}`, `due ${trigger.time}`]).toContain(seen.at(-2));
          told++;
        }
      expect(seen.filter((one) => one !== 'packed')).toEqual(expected);
      expect(told).toBe(expected.filter((one) => one.startsWith('due') || Number(one.slice(3)) % 5 === 0).length);
    }),
    { numRuns: 300 },
  );
});
