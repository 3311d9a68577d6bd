import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The most that a file of settings, a secret or a rule may be. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * The bytes of a regular file of at most `maxBytes`. Throws Error with what else it is: a device such as /dev/zero has no
 * end, a pipe may never have one.
 */
export function readRegularFile(path: string, maxBytes = MAX_FILE_BYTES): Buffer {
  // Without waiting for somebody to write into a pipe.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const about = fstatSync(file);
    if (about.isDirectory()) throw new Error('it is a folder');
    if (!about.isFile()) throw new Error('it is a pipe, a socket or a device, not a file');
    const bytes = readUpTo(file, maxBytes + 1);
    if (bytes.length > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 / 1024} MiB`);
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Files of the kernel say that they hold nothing: what is read counts, not what is said. */
function readUpTo(file: number, limit: number): Buffer {
  const chunks: Buffer[] = [];
  for (let left = limit; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(left, 65_536));
    const read = readSync(file, chunk);
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    left -= read;
  }
  return Buffer.concat(chunks);
}
