import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

export const isCompressed = (path: string): boolean => /\.(?:gz|zst)$/i.test(path);

/** The text of a file, gzip and Zstandard taken off by the name's ending. `start` counts in a plain file. */
export function unpacked(path: string, start = 0n): Readable {
  if (!isCompressed(path)) return createReadStream(path, { highWaterMark: CHUNK_BYTES, start: Number(start) });
  return pipe(createReadStream(path, { highWaterMark: CHUNK_BYTES }), /\.gz$/i.test(path) ? createGunzip() : createZstdDecompress());
}

/** Errors of the file reach the reader of the unpacked stream, and the file is closed with it. */
function pipe(from: Readable, to: NodeJS.ReadWriteStream & { destroy(error?: Error): unknown }): Readable {
  from.on('error', (error) => to.destroy(error));
  to.on('close', () => from.destroy());
  return from.pipe(to) as unknown as Readable;
}
