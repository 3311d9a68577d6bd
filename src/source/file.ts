import { createReadStream } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { RawRecord } from '../event/raw-record.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { createLineCutter } from './lines.ts';
import type { FileSourceSettings } from './settings.ts';
import type { Batch, Positions, Source } from './source.ts';

const MAX_LINE_BYTES = 1024 * 1024;
const LINES_PER_BATCH = 1000;
const POLL_MS = 500;
const COMPRESSED = /\.(?:gz|zst)$/i;
const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/**
 * Lines of a file, or of every file below a folder. A partition is a file, by its place in the sorted list; the offset of
 * a record is where its line begins in the unpacked text.
 */
export function createFileSource(settings: FileSourceSettings, clock: Clock): Source {
  return {
    name: settings.name,
    async *batches(positions, signal) {
      const followed: Followed[] = [];
      for (const [partition, path] of (await filesOf(settings.path)).entries()) {
        if (signal.aborted) return;
        const identity = await identityOf(path);
        // What is appended from here on belongs to the following: it begins where this reading ended.
        const offset = yield* readFile(settings, path, partition, positions, signal);
        followed.push({ path, partition, identity, offset });
      }
      if (settings.mode === 'follow') yield* follow(settings, followed, signal, clock);
    },
    async commit() {},
    async close() {},
  };
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    const found = await stat(path);
    if (found.isFile()) return [path];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name));
    // Links are not followed out of the folder; withFileTypes does not follow them.
    return files.sort((a, b) => (relative(path, a) < relative(path, b) ? -1 : 1));
  } catch (error) {
    throw new WardlineError('source', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function* readFile(
  settings: FileSourceSettings,
  path: string,
  partition: number,
  positions: Positions,
  signal: AbortSignal,
): AsyncGenerator<Batch, bigint> {
  const { mtimeMs, size } = await lstat(path);
  let from = positions.get(partition) ?? 0n;
  if (!COMPRESSED.test(path) && from > BigInt(size)) {
    // Shorter than what was read: another file under this name. It is read whole, and the ledger says so.
    yield { partition, records: [], gap: { from: BigInt(size), to: from, cause: 'truncated' }, next: 0n };
    from = 0n;
  }
  const record = recordOf(settings, partition, Math.trunc(mtimeMs));
  const cutter = createLineCutter(0n, MAX_LINE_BYTES);
  let records: RawRecord[] = [];
  try {
    for await (const chunk of unpacked(path)) {
      if (signal.aborted) return cutter.lineStart();
      const lines = cutter.push(chunk as Uint8Array);
      for (const [i, line] of lines.entries()) {
        if (line.offset >= from) records.push(record(line.offset, line.bytes));
        if (records.length >= LINES_PER_BATCH) {
          yield { partition, records, next: lines[i + 1]?.offset ?? cutter.lineStart() };
          records = [];
        }
      }
    }
  } catch (error) {
    throw new WardlineError('source', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  // While a file is followed its last line may still be written; only a file read once ends without a line break.
  const rest = settings.mode === 'once' ? cutter.rest() : undefined;
  if (rest !== undefined && rest.offset >= from) records.push(record(rest.offset, rest.bytes));
  const next = rest === undefined ? cutter.lineStart() : cutter.position();
  yield { partition, records, next, end: settings.mode === 'once' };
  return next;
}

function recordOf({ name }: FileSourceSettings, partition: number, appendedAt: number): (offset: bigint, bytes: Uint8Array) => RawRecord {
  return (offset, bytes) => ({ source: name, partition, offset, appendedAt, bytes, headers: NO_HEADERS });
}

function unpacked(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (/\.gz$/i.test(path)) return pipe(file, createGunzip());
  return /\.zst$/i.test(path) ? pipe(file, createZstdDecompress()) : file;
}

/** Errors of the file reach the reader of the unpacked stream. */
function pipe(from: Readable, to: NodeJS.ReadWriteStream & { destroy(error?: Error): unknown }): Readable {
  from.on('error', (error) => to.destroy(error));
  return from.pipe(to) as unknown as Readable;
}

type Followed = { readonly path: string; readonly partition: number; identity: string; offset: bigint };

/** Goes on where the files ended, as they grow; a file that was replaced or cut is read from its start. */
async function* follow(settings: FileSourceSettings, files: readonly Followed[], signal: AbortSignal, clock: Clock): AsyncGenerator<Batch> {
  const plain = files.filter(({ path }) => !COMPRESSED.test(path));
  while (!signal.aborted) {
    for (const file of plain) yield* grown(settings, file);
    await clock.sleep(POLL_MS, signal);
  }
}

async function* grown(settings: FileSourceSettings, file: Followed): AsyncGenerator<Batch> {
  const found = await stat(file.path).catch(() => undefined);
  if (found === undefined) return;
  const identity = `${found.dev}:${found.ino}`;
  if (identity !== file.identity || BigInt(found.size) < file.offset) {
    file.identity = identity;
    file.offset = 0n;
  }
  if (BigInt(found.size) === file.offset) return;
  const record = recordOf(settings, file.partition, Math.trunc(found.mtimeMs));
  const cutter = createLineCutter(file.offset, MAX_LINE_BYTES);
  const records: RawRecord[] = [];
  for await (const chunk of createReadStream(file.path, { start: Number(file.offset) })) {
    for (const line of cutter.push(chunk as Uint8Array)) records.push(record(line.offset, line.bytes));
  }
  if (records.length === 0) return;
  file.offset = cutter.lineStart();
  yield { partition: file.partition, records, next: file.offset };
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path);
  return `${dev}:${ino}`;
}
