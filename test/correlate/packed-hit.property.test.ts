import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hit } from '../../src/correlate/firing.ts';
import { KeptHit } from '../../src/correlate/kept-hit.ts';
import { createHitPacker, type HitPacker, timeOf } from '../../src/correlate/packed-hit.ts';
import type { JsonValue } from '../../src/shared/json.ts';

const text = fc.oneof(
  fc.constantFrom('', 'alice', 'host-1', '__proto__', 'ÿ', 'Ā', '\0', '\ud800', 'x'.repeat(130)),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ maxLength: 20 }),
);
const number = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 127, 128, 2 ** 53 - 1, 1 - 2 ** 53, 0.1, 1e300, 5e-324),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
/** As a parsed event has them: JSON gives no negative zero within an object. */
const json = fc.jsonValue().map((one) => JSON.parse(JSON.stringify(one)) as JsonValue);
const value = fc.oneof(text, number, fc.constantFrom(null, true, false), json, fc.array(text));
const fields = fc.dictionary(fc.oneof(fc.constantFrom('user', 'host.name', '__proto__', ''), text), value, {
  maxKeys: 8,
  noNullPrototype: false,
});
const count = fc.oneof(fc.constantFrom(0, 1, 2 ** 53 - 1), fc.nat());
const step = fc.record({ condition: text, expected: json, observed: json });
const hit = fc.record(
  {
    time: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    origin: fc.record({ source: text, partition: count, offset: fc.bigInt({ min: 0n, max: BigInt(2 ** 53 - 1) }), index: count }),
    rule: text,
    appendedAt: count,
    values: fields,
    entities: fields,
    bytes: count,
    trail: fc.array(step, { maxLength: 2 }),
    exceptions: fc.array(fc.record({ exception: text, rule: text, effect: fc.constant('hide'), level: fc.constant('low') }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: ['time', 'origin', 'rule', 'appendedAt', 'values', 'entities', 'bytes'] },
) as unknown as fc.Arbitrary<Hit>;

const textOf = (packer: HitPacker, one: Hit): string => (packer.keep(one) as KeptHit).packed;
const own = (fields: object): [string, unknown][] => Object.entries(fields);
/** With its fields as lists, in their order: an object of a test and one of the packer have different prototypes. */
const plain = ({ values, entities, ...rest }: Hit) => ({ ...rest, values: own(values), entities: own(entities) });

test('a hit comes back from its text as it was, also after a restart, with the same text and its time in front', () => {
  fc.assert(
    fc.property(fc.array(hit, { minLength: 1, maxLength: 6 }), (hits) => {
      const packer = createHitPacker();
      const texts = hits.map((one) => textOf(packer, one));
      // The packer knows the last few by heart; another one does not.
      const restored = createHitPacker(JSON.parse(JSON.stringify(packer.snapshot())));
      const again = createHitPacker(packer.snapshot());
      hits.forEach((one, i) => {
        const packed = texts[i] as string;
        expect(packed).toMatch(/^[\0-\xff]*$/);
        expect(timeOf(packed)).toBe(one.time);
        for (const reader of [restored, packer]) expect(plain(reader.kept(packed).whole())).toEqual(plain(one));
        const kept = restored.kept(packed);
        expect([kept.time, kept.rule, kept.origin, own(kept.values), own(kept.entities), kept.appendedAt]).toEqual([
          one.time,
          one.rule,
          one.origin,
          own(one.values),
          own(one.entities),
          one.appendedAt,
        ]);
        expect(JSON.stringify(kept)).toBe(JSON.stringify(packed));
        expect(textOf(again, { ...one })).toBe(packed);
      });
    }),
    { numRuns: 300 },
  );
});

test('names without end do not fill the memory: those that find no room are written out', () => {
  const packer = createHitPacker();
  const one = (n: number): Hit => ({
    time: BigInt(n),
    origin: { source: `source-${n}`, partition: 0, offset: 0n, index: 0 },
    rule: 'r',
    appendedAt: 0,
    values: { [`name-${n}`]: n, after: `text-${n}` },
    entities: {},
    bytes: 1,
  });
  const texts = Array.from({ length: 20_000 }, (_, n) => textOf(packer, one(n)));
  const { words, shapes } = packer.snapshot();
  expect(words.length).toBeLessThanOrEqual(4096);
  expect(shapes.length).toBeLessThanOrEqual(16_384);
  for (const n of [0, 1, 4095, 4096, 8191, 8192, 16_384, 19_999])
    expect(plain(packer.kept(texts[n] as string).whole())).toEqual(plain(one(n)));
});

test('a hit with numbers that no source gives is left as it is', () => {
  const packer = createHitPacker();
  const origin = { source: 's', partition: 0, offset: 0n, index: 0 };
  const base: Hit = { time: 0n, origin, rule: 'r', appendedAt: 0, values: {}, entities: {}, bytes: 0 };
  const odd: Partial<Hit>[] = [
    { time: 1n << 63n },
    { appendedAt: -1 },
    { appendedAt: 0.5 },
    { bytes: Number.NaN },
    { origin: { ...origin, offset: -1n } },
    { origin: { ...origin, offset: 2n ** 53n } },
    { origin: { ...origin, partition: -1 } },
    { origin: { ...origin, index: 1.5 } },
  ];
  for (const part of odd) {
    const one = { ...base, ...part };
    expect(packer.keep(one)).toBe(one);
  }
  expect(packer.keep(base)).toBeInstanceOf(KeptHit);
});

test('a match is one text and one object for all rules it comes to', () => {
  const packer = createHitPacker();
  const origin = { source: 's', partition: 0, offset: 0n, index: 0 };
  const one: Hit = { time: 0n, origin, rule: 'r', appendedAt: 0, values: {}, entities: {}, bytes: 0 };
  const kept = packer.keep(one);
  expect(packer.keep(one)).toBe(kept);
  expect((kept as KeptHit).whole()).toBe(one);
  expect(packer.keep(kept)).toBe(kept);
  expect(packer.kept((kept as KeptHit).packed).whole()).toBe(one);
});
