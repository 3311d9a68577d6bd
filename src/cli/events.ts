import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import type { Event } from '../event/event.ts';
import type { RawRecord } from '../event/raw-record.ts';
import { createNormalizer, type Normalizer, type NormalizerSettings } from '../normalize/normalizer.ts';
import { createRouteTable } from '../normalize/routes.ts';
import { WardlineError } from '../shared/errors.ts';
import { given } from '../shared/given.ts';
import { createFileSource } from '../source/file.ts';
import type { Io } from './io.ts';
import type { LoadedFile } from './load.ts';

export type EventFlags = { readonly format?: string; readonly timezone?: string; readonly loaded?: LoadedFile | undefined };

/** Counts of what was read, filled while events are taken. */
export type ReadCounts = { records: number; unread: number };

/**
 * The records of files and folders in their batches, one file after the other, each with the normalizer it is seen through:
 * by the log sources of the settings, where some were named, and as the file source there that reads it. Throws `usage` for no file.
 */
export async function* recordsOfFiles(
  paths: readonly string[],
  flags: EventFlags,
  io: Io,
): AsyncGenerator<{ readonly records: readonly RawRecord[]; readonly normalizer: Normalizer }> {
  for (const path of paths) if (!existsSync(path)) throw new WardlineError('usage', `there is no file ${path}`);
  const routes = createRouteTable(flags.loaded?.settings.logsource);
  for (const path of paths) {
    const normalizer = createNormalizer(seenAs(path, flags), routes);
    const source = createFileSource({ kind: 'file', name: path, path: resolve(path), mode: 'once' }, io.clock);
    for await (const { records } of source.batches(new Map(), io.stop)) yield { records, normalizer };
  }
}

function seenAs(path: string, { format, timezone, loaded }: EventFlags): NormalizerSettings {
  if (loaded === undefined) return { format, timezone };
  const { settings, baseDir } = loaded;
  const inside = (folder: string): boolean => resolve(path) === folder || resolve(path).startsWith(`${folder}${sep}`);
  const of = settings.sources.find((source) => source.kind === 'file' && inside(resolve(baseDir, source.path)));
  const logsource = of?.logsource && given(of.logsource);
  return { format: format ?? of?.format, timezone: timezone ?? of?.timezone, logsource, mappings: settings.logsources };
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
