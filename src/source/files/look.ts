import type { BigIntStats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { HEAD_BYTES, type SeenFile } from './identity.ts';
import { isCompressed, unpacked } from './unpacked.ts';

/** A file as it stands; `stamp` changes whenever its content may have. */
export type Look = SeenFile & { readonly stamp: string; readonly mtimeMs: number };

/** Looks at files; what has not changed since the last look is not read again. */
export function createLooker(): { look(paths: readonly string[]): Promise<readonly Look[]> } {
  let last = new Map<string, Look>();
  return {
    async look(paths) {
      const next = new Map<string, Look>();
      for (const path of paths) {
        const stats = await stat(path, { bigint: true }).catch(() => undefined);
        if (stats === undefined || !stats.isFile()) continue;
        const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
        const before = last.get(path);
        const found = before?.stamp === stamp ? before : await lookAt(path, stats, stamp, before);
        if (found !== undefined) next.set(path, found);
      }
      last = next;
      return [...next.values()];
    },
  };
}

/** Undefined when the file went away, or is a compressed one that is not whole yet. */
async function lookAt(path: string, stats: BigIntStats, stamp: string, before: Look | undefined): Promise<Look | undefined> {
  const inode = `${stats.dev}:${stats.ino}`;
  const compressed = isCompressed(path);
  const seen = { path, inode, stamp, mtimeMs: Number(stats.mtimeMs), size: compressed ? undefined : Number(stats.size) };
  // A compressed file is written once; of a plain one the first bytes may have been replaced in place.
  if (compressed && before?.inode === inode && before.start.length === HEAD_BYTES) return { ...seen, start: before.start };
  try {
    return { ...seen, start: compressed ? await firstUnpacked(path) : await firstBytes(path) };
  } catch {
    return compressed ? { ...seen, start: new Uint8Array() } : undefined;
  }
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
  if (!found.isDirectory()) return { paths: [path], isFolder: false };
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
