import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromText, toText } from '../../../src/correlate/codec.ts';
import { addHash, estimateOf, FINE, type HyperLogLog, hyperLogLog, SMALL, unite } from '../../../src/correlate/sketches/hyperloglog.ts';
import { hashKeyOf, hashOf } from '../../../src/correlate/sketches/keyed-hash.ts';

const sketchOf = (hashes: Iterable<number>, bits: number): HyperLogLog => {
  const registers = hyperLogLog(bits);
  for (const hash of hashes) addHash(registers, hash);
  return registers;
};
const hash = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }).map(Number), fc.nat(99));

test('neither order nor repetition, nor a split and union with a checkpoint between, changes a register', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hash, fc.boolean()), { maxLength: 200 }), fc.constantFrom(4, 12), (list, bits) => {
      const all = list.map(([one]) => one);
      const once = sketchOf(all, bits);
      expect(sketchOf([...all.toReversed(), ...all], bits)).toEqual(once);
      const part = (side: boolean) =>
        sketchOf(
          list.flatMap(([one, left]) => (left === side ? [one] : [])),
          bits,
        );
      const united = fromText(toText(part(true))) as HyperLogLog;
      unite(united, part(false));
      expect(united).toEqual(once);
    }),
    { numRuns: 60 },
  );
});

test('each register holds the place of the highest bit among those that do not choose it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }), fc.constantFrom(4, 12, 14), (one, bits) => {
      const registers = sketchOf([Number(one)], bits);
      const binary = one.toString(2).padStart(53, '0');
      const rest = binary.slice(bits);
      const first = rest.indexOf('1');
      expect(registers[Number.parseInt(binary.slice(0, bits), 2)]).toBe((first < 0 ? rest.length : first) + 1);
      expect(registers.filter((rank) => rank > 0)).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

/** Over seeds that stand here, so that no run is by chance: in the mean square within the error that is stated, and never four times as far. */
test.each([
  [SMALL, 3000, 60],
  [SMALL, 20_000, 30],
  [FINE, 4097, 40],
  [FINE, 60_000, 8],
])('an estimate is as near as is said: %j of %i', ({ bits, error }, count, seeds) => {
  let squares = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const key = hashKeyOf(String(seed));
    const estimate = estimateOf(
      sketchOf(
        (function* () {
          for (let i = 0; i < count; i++) yield hashOf(`host-${i}`, key);
        })(),
        bits,
      ),
    );
    const off = (100 * Math.abs(estimate - count)) / count;
    expect(off).toBeLessThan(4 * error);
    squares += off * off;
  }
  expect(Math.sqrt(squares / seeds)).toBeLessThan(error * (1 + 2 / Math.sqrt(2 * seeds)));
});

test('a handful is counted without error, and nothing as nothing', () => {
  const key = hashKeyOf('few');
  for (const count of [0, 1, 2, 10]) {
    const texts = Array.from({ length: count }, (_, i) => hashOf(`v${i}`, key));
    expect(Math.round(estimateOf(sketchOf(texts, FINE.bits)))).toBe(count);
  }
});
