import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createFrameCutter } from '../../src/source/syslog/frames.ts';
import { mostOfLz4, uncompressSnappy } from '../../src/transport/kafka-codecs.ts';
import { mutated } from './corpus.ts';

/** More of the same: WARDLINE_FUZZ_RUNS=1000000 npx vitest run --project unit test/fuzz */
const numRuns = Number(process.env['WARDLINE_FUZZ_RUNS'] ?? 1500);

test('damaged records of every form: nothing throws, and every record is in documents, dead letters or discarded', () => {
  const normalizer = createNormalizer({});
  fc.assert(
    fc.property(mutated, (record) => {
      const { documents, deadLetters, discarded } = decode(record, DEFAULT_LIMITS);
      expect(documents.length + deadLetters.length + discarded).toBeGreaterThan(0);
      for (const { at, reason } of deadLetters) {
        expect(reason).not.toBe('crash');
        if (at !== undefined) expect(at).toBeGreaterThanOrEqual(0);
      }
      for (const decoded of documents) JSON.stringify(normalizer.normalize(record, decoded).toEcs());
    }),
    { numRuns },
  );
});

test('what is read twice is read alike: decoding is a function of the record', () => {
  fc.assert(
    fc.property(mutated, (record) => {
      const once = JSON.stringify(decode(record, DEFAULT_LIMITS).documents);
      expect(JSON.stringify(decode({ ...record, bytes: Buffer.from(record.bytes ?? []) }, DEFAULT_LIMITS).documents)).toBe(once);
    }),
    { numRuns: Math.ceil(numRuns / 4) },
  );
});

test('framing and codecs of any bytes end, and throw nothing but errors', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (given) => {
      const bytes = Buffer.from(given);
      const cutter = createFrameCutter(100);
      const messages = [...cutter.push(bytes), cutter.rest()].filter((one) => one !== undefined);
      for (const { length } of messages) expect(length).toBeLessThanOrEqual(101);
      expect(mostOfLz4(bytes)).toBeGreaterThanOrEqual(0);
      try {
        expect(uncompressSnappy(bytes).length).toBeLessThanOrEqual(64 * 1024 * 1024);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns },
  );
});
