import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import { createNormalizer } from '../normalize/normalizer.ts';
import { createRouteTable } from '../normalize/routes.ts';
import { WardlineError } from '../shared/errors.ts';
import { createFileSource } from '../source/file.ts';
import type { Io } from './io.ts';

export type EventFlags = { readonly format?: string; readonly timezone?: string };

/** Counts of what was read, filled while events are taken. */
export type ReadCounts = { records: number; unread: number };

/** The events of files and folders, one after the other; records that cannot be read are counted. Throws `usage` for no file. */
export async function* eventsOfFiles(
  paths: readonly string[],
  { format, timezone }: EventFlags,
  io: Io,
  counts: ReadCounts,
): AsyncGenerator<Event> {
  for (const path of paths) if (!existsSync(path)) throw new WardlineError('usage', `there is no file ${path}`);
  const routes = createRouteTable();
  for (const path of paths) {
    const normalizer = createNormalizer({ format, timezone }, routes);
    const source = createFileSource({ kind: 'file', name: path, path: resolve(path), mode: 'once' }, io.clock);
    for await (const { records } of source.batches(new Map(), io.stop)) {
      for (const record of records) {
        counts.records++;
        const { documents, deadLetters } = decode(record, DEFAULT_LIMITS);
        counts.unread += deadLetters.length;
        for (const decoded of documents) yield normalizer.normalize(record, decoded);
      }
    }
  }
}
