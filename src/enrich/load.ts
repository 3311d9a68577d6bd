import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Enrichment } from '../event/enrichment.ts';
import { sha256Hex, tupleId } from '../shared/digest.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { geoFields, readGeoTable } from './geo.ts';
import { readIndicators } from './indicator-files.ts';
import { createIndicatorTable, indicatorFields } from './indicators.ts';
import { readRecords, recordFields } from './records.ts';
import type { EnrichSettings } from './settings.ts';

/** A table set, with what a person should know of it. */
export type LoadedTables = {
  readonly enrichment: Enrichment;
  /** How much each file holds, and what of it was left out, by reason. */
  readonly files: readonly {
    readonly path: string;
    readonly kind: string;
    readonly entries: number;
    readonly skipped: ReadonlyMap<string, number>;
  }[];
};

const NONE: ReadonlyMap<string, number> = new Map();

/** Reads every table once; throws `settings` with file and line for what cannot be read. Undefined if none is named. */
export function loadTables(settings: EnrichSettings, baseDir: string): LoadedTables | undefined {
  const digests: string[] = [];
  const files: LoadedTables['files'][number][] = [];
  const read = (kind: string, path: string): Buffer => {
    try {
      const bytes = readFileSync(resolve(baseDir, path));
      digests.push(kind, sha256Hex(bytes));
      return bytes;
    } catch (error) {
      throw new WardlineError('settings', `cannot read the ${kind} file ${path}: ${messageOf(error)}`, { cause: error });
    }
  };
  const text = (kind: string, path: string): string => read(kind, path).toString('utf8');

  const geo = settings.geoip.map((path) => {
    const table = readGeoTable(path, read('geoip', path));
    files.push({ path, kind: 'geoip', entries: 0, skipped: NONE });
    return table;
  });
  const records = (['asset', 'identity'] as const).map((kind) => ({
    kind,
    tables: (kind === 'asset' ? settings.assets : settings.identities).map((path) => {
      const table = readRecords(kind, path, text(kind, path));
      files.push({ path, kind, entries: table.byKey.size + table.networks.size, skipped: NONE });
      return table;
    }),
  }));
  const indicators = settings.indicators.flatMap((path) => {
    const file = readIndicators(path, text('indicators', path));
    files.push({ path, kind: 'indicators', entries: file.indicators.length, skipped: file.skipped });
    return file.indicators;
  });
  if (digests.length === 0) return undefined;

  const table = createIndicatorTable(indicators);
  return {
    files,
    enrichment: {
      digest: tupleId(['tables', ...digests]),
      fields(sourceOf) {
        const hits = table.size === 0 ? { fields: {}, parts: {} } : indicatorFields(table, sourceOf);
        const about = records.filter(({ tables }) => tables.length > 0).map(({ kind, tables }) => recordFields(kind, tables, sourceOf));
        return { fields: Object.assign({}, geoFields(geo, sourceOf), ...about, hits.fields), parts: hits.parts };
      },
    },
  };
}
