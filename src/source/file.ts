import { stat } from 'node:fs/promises';
import { utf16Of } from '../decode/charset.ts';
import type { RawRecord } from '../event/raw-record.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { createHeads, type Headers, type Heads } from './files/heads.ts';
import { isCopy } from './files/identity.ts';
import { createLooker, filesBelow, isGone, rotatedBeside } from './files/look.ts';
import { createFileTable, type FileTable, type Tracked } from './files/tracked.ts';
import { isCompressed, unpacked } from './files/unpacked.ts';
import { createLineCutter, type Line } from './lines.ts';
import { createMemoryRegister, type PartitionRegister } from './register.ts';
import type { FileSourceSettings } from './settings.ts';
import type { Batch, Source } from './source.ts';

const MAX_LINE_BYTES = 1024 * 1024;
const LINES_PER_BATCH = 1000;
const POLL_MS = 500;
const ABSENT = 'there is no such file or folder yet; it is waited for';
const UNREADABLE = 'a file cannot be read and is passed over until it can be';

/**
 * Lines of a file, or of every file below a folder. A partition is one file's content, whatever its name becomes; the
 * offset of a record is where its line begins in the unpacked text.
 */
export function createFileSource(
  settings: FileSourceSettings,
  clock: Clock,
  register: PartitionRegister = createMemoryRegister(),
  warn: (about: object, text: string) => void = () => {},
): Source {
  let table: FileTable | undefined;
  return {
    name: settings.name,
    announces: true,
    async *batches(positions, signal) {
      table = createFileTable(register, positions);
      const headsOf = createHeads(register);
      // A file that cannot be read to its end does not keep the others from being read.
      const failures: WardlineError[] = [];
      const told = new Set<string>();
      // What is followed may come later, as with `tail -F`.
      const absent = settings.mode === 'once' ? undefined : (path: string) => warn({ source: settings.name, path }, ABSENT);
      const look = createLook(settings.path, table, absent, (path, error) => {
        if (settings.mode === 'once') failures.push(unreadable(path, error));
        else if (!told.has(path)) warn({ source: settings.name, path, error: messageOf(error) }, UNREADABLE);
        told.add(path);
      });
      for (let first = true; !signal.aborted; first = false) {
        const found = await look(first);
        const awaits = found.filter((tracked) => isUnread(tracked, settings)).map(({ number }) => number);
        if (first || awaits.length > 0) yield { partition: awaits[0] ?? 0, records: [], awaits };
        for (const tracked of found) {
          if (signal.aborted) return;
          try {
            let spoke = false;
            for await (const batch of read(settings, tracked, headsOf(tracked.number), signal)) {
              spoke = true;
              yield batch;
            }
            // What was awaited and has no whole line yet rests like any other.
            if (!spoke && awaits.includes(tracked.number)) yield { partition: tracked.number, records: [], next: tracked.position };
          } catch (error) {
            if (settings.mode !== 'once' || !(error instanceof WardlineError)) throw error;
            failures.push(error);
          }
        }
        yield* lost(table);
        if (failures.length > 0) throw failures.length === 1 ? failures[0] : inAll(failures);
        if (settings.mode === 'once') return;
        await clock.sleep(POLL_MS, signal);
      }
    },
    async commit() {},
    async behind(positions) {
      if (table === undefined) return undefined;
      let bytes = 0n;
      for (const { number, file } of table.present()) {
        // How long a compressed file is in the clear is known only to who has read it.
        if (file === undefined || isCompressed(file.path)) continue;
        const size = await stat(file.path).then(
          (stats) => BigInt(stats.size),
          () => 0n,
        );
        const position = positions.get(number) ?? 0n;
        if (size > position) bytes += size - position;
      }
      return bytes;
    },
    async close() {},
  };
}

const unreadable = (path: string, error: unknown): WardlineError =>
  new WardlineError('source', `cannot read ${path}: ${messageOf(error)}`, { cause: error });

function inAll(failures: readonly WardlineError[]): WardlineError {
  return new WardlineError('source', failures.map(({ message }) => message).join('; '), { cause: failures[0] });
}

/** One look at everything there is; the first one throws where there is nothing to read, unless that may come (`onAbsent`). */
function createLook(
  path: string,
  table: FileTable,
  onAbsent: ((path: string) => void) | undefined,
  onUnreadable: (path: string, error: unknown) => void,
): (first: boolean) => Promise<readonly Tracked[]> {
  const own = createLooker(onUnreadable);
  // What was never read of these is not asked for; what was is a gap when its file is not found.
  const rotated = createLooker(() => {});
  let isFolder = false;
  return async (first) => {
    let paths: readonly string[] = [];
    try {
      ({ paths, isFolder } = await filesBelow(path));
    } catch (error) {
      const absent = isGone(error) && onAbsent !== undefined;
      if (first && !absent) throw unreadable(path, error);
      if (first) onAbsent?.(path);
      if (!isGone(error)) {
        onUnreadable(path, error);
        return [];
      }
    }
    const files = await own.look(paths);
    if (isFolder) return table.update(files, () => true);
    // What a single file held before stands beside it, renamed or compressed; that is older, so it is read first.
    const beside = await rotated.look(await rotatedBeside(path));
    if (first && table.isNew) table.pass(beside);
    return table.update([...beside, ...files], (file, known) => files.includes(file) || !isCopy(known, file));
  };
}

/** Is there something to read, or the end of a file to tell? */
function isUnread({ file, position, readStamp }: Tracked, { mode }: FileSourceSettings): boolean {
  if (file === undefined) return false;
  return mode === 'once' || (isCompressed(file.path) ? readStamp !== file.stamp : BigInt(file.size ?? 0) !== position);
}

/** What a partition has beyond its position. */
async function* read(settings: FileSourceSettings, tracked: Tracked, heads: Heads, signal: AbortSignal): AsyncGenerator<Batch> {
  const { file, number: partition } = tracked;
  if (file === undefined) return;
  if (!isUnread(tracked, settings)) return;
  const once = settings.mode === 'once';
  const compressed = isCompressed(file.path);
  const from = tracked.position;
  const record = recordOf(settings, partition, Math.trunc(file.mtimeMs));
  const cutter = createLineCutter(compressed ? 0n : from, MAX_LINE_BYTES, utf16Of(file.start));
  let records: RawRecord[] = [];
  try {
    for await (const chunk of unpacked(file.path, from)) {
      if (signal.aborted) return;
      const lines = cutter.push(chunk as Uint8Array);
      for (const [i, line] of lines.entries()) {
        const headers = heads.next(line.offset, line.bytes);
        if (line.offset >= from) records.push(record(line, headers));
        if (records.length < LINES_PER_BATCH) continue;
        const next = lines[i + 1]?.offset ?? cutter.lineStart();
        yield { partition, records, next };
        tracked.position = next;
        records = [];
      }
    }
  } catch (error) {
    // What came before the damage is given; a compressed file that is still being written is tried again when it has changed.
    if (once && records.length > 0) yield { partition, records, next: cutter.lineStart() };
    if (once || !compressed) throw unreadable(file.path, error);
    tracked.readStamp = file.stamp;
    return;
  }
  // A plain file that is followed may get more of its last line; every other ends where it ends.
  const rest = once || compressed ? cutter.rest() : undefined;
  if (rest !== undefined && rest.offset >= from) records.push(record(rest, heads.next(rest.offset, rest.bytes)));
  const end = rest === undefined ? cutter.lineStart() : cutter.position();
  const next = end < from ? from : end;
  if (records.length > 0 || once) yield { partition, records, next, ...(once ? { end: true } : {}) };
  tracked.position = next;
  tracked.readStamp = file.stamp;
}

/** A file that went away before it was read to its end leaves a gap, once. */
function* lost(table: FileTable): Generator<Batch> {
  for (const tracked of table.orphans()) {
    const end = BigInt(tracked.size);
    if (end <= tracked.position) continue;
    yield { partition: tracked.number, records: [], gap: { from: tracked.position, to: end, cause: 'truncated' }, next: end };
    tracked.position = end;
  }
}

function recordOf({ name }: FileSourceSettings, partition: number, appendedAt: number): (line: Line, headers: Headers) => RawRecord {
  return ({ offset, bytes }, headers) => ({ source: name, partition, offset, appendedAt, bytes, headers });
}
