import type { BigIntStats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { HEAD_BYTES, type SeenFile } from './identity.ts';
import { isCompressed, unpacked } from './unpacked.ts';

/** A file as it stands; `stamp` changes whenever its content may have. */
export type Look = SeenFile & { readonly stamp: string; readonly mtimeMs: number };

/**
 * Looks at files; what has not changed since the last look is not read again. A file that is there and cannot be read is
 * told of, and stays as it was seen last.
 */
export function createLooker(unreadable: (path: string, error: unknown) => void): {
  look(paths: readonly string[]): Promise<readonly Look[]>;
} {
  let last = new Map<string, Look>();
  return {
    async look(paths) {
      const next = new Map<string, Look>();
      for (const path of paths) {
        const before = last.get(path);
        try {
          const stats = await stat(path, { bigint: true });
          if (!stats.isFile()) continue;
          const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
          next.set(path, before?.stamp === stamp ? before : await lookAt(path, stats, stamp, before));
        } catch (error) {
          if (isGone(error)) continue;
          unreadable(path, error);
          if (before !== undefined) next.set(path, before);
        }
      }
      last = next;
      return [...next.values()];
    },
  };
}

export const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Throws when a plain file cannot be read; of a compressed one that is not whole yet nothing is known. */
async function lookAt(path: string, stats: BigIntStats, stamp: string, before: Look | undefined): Promise<Look> {
  const inode = `${stats.dev}:${stats.ino}`;
  const compressed = isCompressed(path);
  const seen = { path, inode, stamp, mtimeMs: Number(stats.mtimeMs), size: compressed ? undefined : Number(stats.size) };
  // A compressed file is written once; of a plain one the first bytes may have been replaced in place.
  if (compressed && before?.inode === inode && before.start.length === HEAD_BYTES) return { ...seen, start: before.start };
  return { ...seen, start: compressed ? await firstUnpacked(path).catch(() => new Uint8Array()) : await firstBytes(path) };
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function firstUnpacked(path: string): Promise<Uint8Array> {
  let start = Buffer.alloc(0);
  // Leaving the loop closes the stream.
  for await (const chunk of unpacked(path)) {
    start = Buffer.concat([start, chunk as Uint8Array]);
    if (start.length >= HEAD_BYTES) break;
  }
  return start.subarray(0, HEAD_BYTES);
}

/** The file itself, or every file below a folder in a fixed order. Links are not followed out of the folder. */
export async function filesBelow(path: string): Promise<{ readonly paths: readonly string[]; readonly isFolder: boolean }> {
  const found = await stat(path);
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is a pipe, a socket or a device, not a file or a folder');
  if (found.isFile()) return { paths: [path], isFolder: false };
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => join(entry.parentPath, entry.name));
  return { paths: files.sort((a, b) => (relative(path, a) < relative(path, b) ? -1 : 1)), isFolder: true };
}

/** Where rotation may have put what a file held before: `auth.log.1`, `auth.log-20261120.gz`. */
export async function rotatedBeside(path: string): Promise<readonly string[]> {
  const folder = dirname(path);
  const name = basename(path);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(
      (entry) =>
        entry.isFile() && entry.name.length > name.length && entry.name.startsWith(name) && /^[.-]/.test(entry.name.slice(name.length)),
    )
    .map((entry) => join(folder, entry.name))
    .sort();
}
