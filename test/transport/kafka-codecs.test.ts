import fc from 'fast-check';
import { compressFrame } from 'lz4-napi';
import { compress, uncompress } from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { mostOfLz4, uncompressSnappy } from '../../src/transport/kafka-codecs.ts';
import { snap, unsnap } from '../../src/transport/snappy.ts';

const MOST = 1024 * 1024;
const data = fc
  .array(fc.constantFrom('abc', 'abcabcabc', '\u0000', 'x'.repeat(70), 'é'), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join('')));
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const XERIAL = Buffer.concat([Buffer.from('82534e4150505900', 'hex'), int32(1), int32(1)]);

describe('codecs of Kafka batches', () => {
  test('snappy reads what another implementation writes, raw and in blocks of Java clients, and that one reads ours', () => {
    fc.assert(
      fc.property(data, data, (one, two) => {
        expect(uncompressSnappy(Buffer.from(compress(one)))).toEqual(one);
        expect(Buffer.from(uncompress(snap(one)))).toEqual(one);
        const blocks = [one, two].flatMap((part) => {
          const block = Buffer.from(compress(part));
          return [int32(block.length), block];
        });
        expect(uncompressSnappy(Buffer.concat([XERIAL, ...blocks]))).toEqual(Buffer.concat([one, two]));
      }),
    );
    const large = Buffer.alloc(200_000, 'log line ');
    expect(unsnap(snap(large), MOST)).toEqual(large);
  });

  test.each([
    ['a literal of more than 2^31 bytes, on which a package goes round for ever', '18fcfaa85ffd'],
    ['a length that few bytes cannot hold', 'ffffff7f00'],
    ['a copy from before the beginning', '04010400'],
    ['an end within a literal', '0a1061'],
    ['fewer bytes than it claims', '050061'],
  ])('snappy with %s is refused', (_what, hex) => {
    expect(() => unsnap(Buffer.from(hex, 'hex'), MOST)).toThrow(/a snappy block is damaged/);
  });

  test('what an LZ4 frame may become is never less than what it becomes', async () => {
    for (const size of [0, 1, 1000, 300_000]) {
      expect(mostOfLz4(await compressFrame(Buffer.alloc(size, 'ab')))).toBeGreaterThanOrEqual(size);
    }
  });
});
