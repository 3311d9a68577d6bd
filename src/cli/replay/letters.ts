import { existsSync } from 'node:fs';
import type { Settings } from '../../config/settings.ts';
import type { RawRecord } from '../../event/raw-record.ts';
import { WardlineError } from '../../shared/errors.ts';
import { registryOf } from '../../source/index.ts';
import type { SourceSettings } from '../../source/settings.ts';
import { openStore } from '../../store/store.ts';
import type { Io } from '../io.ts';
import { formOf, type Input } from './inputs.ts';

/**
 * The records of a store that could not be read, each source as an input that is read as the settings say now. What is kept or
 * was read in part is counted and left out. Throws `usage` where there is no store.
 */
export function deadLetterInputs(
  path: string,
  form: Pick<SourceSettings, 'format' | 'timezone'>,
  settings: Settings | undefined,
  io: Io,
): readonly Input[] {
  if (!existsSync(path)) throw new WardlineError('usage', `there is no store ${path}`);
  const store = openStore(path, { readOnly: true });
  const letters = store.deadLetters.all();
  store.close();
  const bySource = new Map<string, Map<string, RawRecord>>();
  const partly = new Set<string>();
  for (const { record, length, reason } of letters) {
    const { source, partition, offset, bytes } = record;
    const place = `${partition} ${offset}`;
    // Of a record of which some events were read nothing is read twice.
    if (bytes === null || bytes.length < length || reason === 'not-an-object') {
      partly.add(`${source} ${place}`);
      continue;
    }
    bySource.set(source, (bySource.get(source) ?? new Map()).set(place, record));
  }
  if (partly.size > 0) io.err(`${partly.size} records are left out: larger than what is kept (64 KiB), or read in part already\n`);
  return [...bySource].map(([name, records]) => inputOf(name, [...records.values()], form, settings));
}

function inputOf(
  name: string,
  records: readonly RawRecord[],
  form: Pick<SourceSettings, 'format' | 'timezone'>,
  settings: Settings | undefined,
): Input {
  const known = settings?.sources.find((source) => source.name === name);
  const own: SourceSettings = known ?? { kind: 'stdin', name, ...formOf(form) };
  return {
    settings: own,
    open: (deps) => ({
      name,
      async *batches(_positions, signal) {
        const prepare = registryOf(own, deps)?.prepare ?? (async (list: readonly RawRecord[]) => list);
        const partitions = Map.groupBy(records, ({ partition }) => partition);
        for (const [partition, list] of partitions) {
          const ordered = list.toSorted((a, b) => (a.offset < b.offset ? -1 : 1));
          yield { partition, records: await prepare(ordered, signal), next: (ordered.at(-1)?.offset ?? 0n) + 1n, end: true };
        }
      },
      async commit() {},
      async close() {},
    }),
  };
}
