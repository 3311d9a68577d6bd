import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import type { RawRecord } from '../event/raw-record.ts';
import { createNormalizer, type Normalizer } from '../normalize/normalizer.ts';
import { createRouteTable } from '../normalize/routes.ts';
import { WardlineError } from '../shared/errors.ts';
import { createFileSource } from '../source/file.ts';
import type { Io } from './io.ts';

export type EventFlags = { readonly format?: string; readonly timezone?: string };

/** Counts of what was read, filled while events are taken. */
export type ReadCounts = { records: number; unread: number };

/** The records of files and folders in their batches, one file after the other, each with the normalizer it is seen through. Throws `usage` for no file. */
export async function* recordsOfFiles(
  paths: readonly string[],
  { format, timezone }: EventFlags,
  io: Io,
): AsyncGenerator<{ readonly records: readonly RawRecord[]; readonly normalizer: Normalizer }> {
  for (const path of paths) if (!existsSync(path)) throw new WardlineError('usage', `there is no file ${path}`);
  const routes = createRouteTable();
  for (const path of paths) {
    const normalizer = createNormalizer({ format, timezone }, routes);
    const source = createFileSource({ kind: 'file', name: path, path: resolve(path), mode: 'once' }, io.clock);
    for await (const { records } of source.batches(new Map(), io.stop)) yield { records, normalizer };
  }
}

/** The events of files and folders, one after the other; records that cannot be read are counted. Throws `usage` for no file. */
export async function* eventsOfFiles(paths: readonly string[], flags: EventFlags, io: Io, counts: ReadCounts): AsyncGenerator<Event> {
  for await (const { records, normalizer } of recordsOfFiles(paths, flags, io)) {
    for (const record of records) {
      counts.records++;
      const { documents, deadLetters } = decode(record, DEFAULT_LIMITS);
      counts.unread += deadLetters.length;
      for (const decoded of documents) yield normalizer.normalize(record, decoded);
    }
  }
}
