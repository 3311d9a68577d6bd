import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LedgerObservation } from '../../src/evidence/observation.ts';
import { createFactBook } from '../../src/pipeline/distributed/fact-book.ts';
import { decodeFact, encodeFact, type Fact } from '../../src/pipeline/distributed/facts.ts';

/** An observation that names one offset, so that what is counted can be listed. */
const seen = (n: bigint): LedgerObservation => ({ kind: 'caught-up', at: Number(n), source: 's', partition: 0 });
const offsetsIn = (observed: readonly LedgerObservation[]): number[] => observed.map((one) => ('at' in one ? one.at : -1));
const upTo = (from: bigint, next: bigint): LedgerObservation[] =>
  Array.from({ length: Number(next - from) }, (_, i) => seen(from + BigInt(i)));
const range = (from: bigint, next: bigint): Fact => ({
  kind: 'range',
  source: 's',
  partition: 0,
  incarnation: 1,
  from,
  next,
  observed: upTo(from, next),
});
const settled = (next: bigint): Fact => ({ kind: 'settled', source: 's', partition: 0, incarnation: 1, next });

/** Facts as owners tell them that die before or after their commit, while one before them may still speak. */
const stories = fc.array(
  fc.record({ length: fc.integer({ min: 1, max: 5 }), fate: fc.constantFrom('settled', 'settled', 'mute', 'died'), echo: fc.boolean() }),
  { maxLength: 25 },
);

function told(story: readonly { readonly length: number; readonly fate: string; readonly echo: boolean }[]) {
  const facts: Fact[] = [];
  let committed = 0n;
  let last: Fact | undefined;
  for (const { length, fate, echo } of story) {
    const next = committed + BigInt(length);
    const fact = range(committed, next);
    facts.push(fact);
    // One that slept tells again what it told before.
    if (echo && last !== undefined) facts.push(last);
    last = fact;
    // `died`: the commit was not accepted, whoever follows begins again. `mute`: it was, but nobody said so.
    if (fate === 'died') continue;
    if (fate === 'settled') facts.push(settled(next));
    committed = next;
  }
  // A last range, so that the one before is known to be settled.
  facts.push(range(committed, committed + 1n), settled(committed + 1n));
  return { facts, total: Number(committed) + 1 };
}

describe('facts of a source partition', () => {
  test('every offset counts once and in order, however often and in whatever cut it was told, over restarts', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: 1, max: 7 }), (story, every) => {
        const { facts, total } = told(story);
        let book = createFactBook();
        const counted: number[] = [];
        facts.forEach((fact, i) => {
          counted.push(...offsetsIn(book.take(decodeFact(encodeFact(fact)) as Fact)));
          if (i % every === 0) book = createFactBook(book.snapshot());
        });
        expect(counted).toEqual(Array.from({ length: total }, (_, i) => i));
      }),
    );
  });

  test('what was removed before it was read is left out, and what was told before it counts', () => {
    const book = createFactBook();
    const counted = [range(0n, 3n), range(10n, 12n), settled(12n)].flatMap((fact) => offsetsIn(book.take(fact)));
    expect(counted).toEqual([0, 1, 2, 10, 11]);
  });
});

describe('facts with places', () => {
  test('count once each, in every stream of its own, over restarts', () => {
    const placed = (stream: string, ...list: [bigint, number][]): Fact => ({
      kind: 'placed',
      stream,
      items: list.map(([at, index]) => ({ at, index, observed: [seen(at * 10n + BigInt(index))] })),
    });
    let book = createFactBook();
    const take = (fact: Fact): number[] => {
      book = createFactBook(book.snapshot());
      return offsetsIn(book.take(decodeFact(encodeFact(fact)) as Fact));
    };
    expect(take(placed('alerts/0', [1n, 0], [1n, 1], [4n, 0]))).toEqual([10, 11, 40]);
    expect(take(placed('alerts/0', [1n, 1], [4n, 0], [4n, 1]))).toEqual([41]);
    expect(take(placed('alerts/1', [1n, 0]))).toEqual([10]);
  });

  test('rules count once by their number', () => {
    const book = createFactBook();
    const rules = (seq: number): Fact => ({ kind: 'rules', seq, observed: [seen(BigInt(seq))] });
    expect([rules(1), rules(1), rules(2), rules(1)].flatMap((fact) => offsetsIn(book.take(fact)))).toEqual([1, 2]);
  });
});
