import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { WardlineError } from '../shared/errors.ts';
import { snap, unsnap } from './snappy.ts';

/** What one batch may unpack to; brokers let batches of a megabyte through as a rule. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;

let registered = false;

/** Gives the client every codec of the protocol; it ends a consumer that meets one it does not know. gzip it has itself. */
export function registerKafkaCodecs(): void {
  if (registered) return;
  registered = true;
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer, { maxOutputLength: MAX_BATCH_BYTES }),
  });
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => snap(buffer),
    decompress: async (buffer: Buffer) => uncompressSnappy(buffer),
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => compressFrame(buffer),
    decompress: async (buffer: Buffer) => {
      requireSmall(mostOfLz4(buffer), 'lz4');
      return decompressFrame(buffer);
    },
  });
}

/** The framing of Java clients: magic, version, compatible version, then blocks behind their lengths. */
const XERIAL = Buffer.from('82534e4150505900', 'hex');
const XERIAL_HEAD = 16;

/** Snappy as librdkafka writes it (one raw block) and as Java clients do (xerial blocks). */
export function uncompressSnappy(buffer: Buffer): Buffer {
  if (!buffer.subarray(0, XERIAL.length).equals(XERIAL)) return unsnap(buffer, MAX_BATCH_BYTES);
  const parts: Buffer[] = [];
  let size = 0;
  for (let at = XERIAL_HEAD; at < buffer.length; ) {
    if (at + 4 > buffer.length) throw new WardlineError('source', 'a snappy block ends within its length');
    const length = buffer.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > buffer.length)
      throw new WardlineError('source', `a snappy block of ${length} bytes goes beyond its batch`);
    const part = unsnap(buffer.subarray(at, at + length), MAX_BATCH_BYTES - size);
    parts.push(part);
    size += part.length;
    at += length;
  }
  return Buffer.concat(parts);
}

/** The most an LZ4 frame can unpack to by its block headers (LZ4 frame format 1.6), read before any of it is unpacked. */
export function mostOfLz4(buffer: Buffer): number {
  const flags = buffer[4] ?? 0;
  const blockMost = LZ4_BLOCKS[((buffer[5] ?? 0) >> 4) & 7] ?? MAX_BATCH_BYTES;
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const blockChecksum = (flags & 0x10) !== 0 ? 4 : 0;
  let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  let most = 0;
  while (at + 4 <= buffer.length) {
    const head = buffer.readUInt32LE(at);
    if (head === 0) break;
    const size = head & 0x7fffffff;
    // A block that is not compressed is as large as it is.
    most += head >>> 31 === 1 ? size : Math.min(blockMost, size * 255);
    at += 4 + size + blockChecksum;
  }
  return most;
}

const LZ4_BLOCKS: readonly (number | undefined)[] = [undefined, undefined, undefined, undefined, 65_536, 262_144, 1_048_576, 4_194_304];

function requireSmall(bytes: number, codec: string): void {
  if (bytes > MAX_BATCH_BYTES)
    throw new WardlineError('source', `a batch in ${codec} may unpack to ${bytes} bytes; the limit is ${MAX_BATCH_BYTES}`);
}
