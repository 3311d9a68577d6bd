import { type AsnResponse, type CityResponse, Reader } from 'mmdb-lib';
import type { FieldSource } from '../event/field-source.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { memoized } from './memo.ts';

export type GeoTable = { readonly kind: 'geo' | 'as'; readonly lookUp: (address: string) => JsonObject | undefined };

/** Addresses remembered per table; a look-up walks a tree of up to 128 levels. */
const REMEMBERED = 8192;
const NAMES: readonly (readonly [field: string, read: (city: CityResponse) => JsonValue | undefined])[] = [
  ['city_name', ({ city }) => city?.names?.en],
  ['continent_name', ({ continent }) => continent?.names?.en],
  ['country_iso_code', ({ country }) => country?.iso_code],
  ['country_name', ({ country }) => country?.names?.en],
  ['location', ({ location }) => (location === undefined ? undefined : { lat: location.latitude, lon: location.longitude })],
  [
    'region_iso_code',
    ({ country, subdivisions }) =>
      country?.iso_code === undefined || subdivisions?.[0]?.iso_code === undefined
        ? undefined
        : `${country.iso_code}-${subdivisions[0].iso_code}`,
  ],
  ['region_name', ({ subdivisions }) => subdivisions?.[0]?.names?.en],
];

/** Reads a MaxMind database (MaxMind DB format 2.0). Throws with the name of the file if it is not one; look-ups never throw. */
export function readGeoTable(path: string, bytes: Buffer): GeoTable {
  let reader: Reader<CityResponse & AsnResponse>;
  try {
    reader = new Reader<CityResponse & AsnResponse>(bytes);
  } catch (error) {
    throw new WardlineError('settings', `${path} is no MaxMind database: ${messageOf(error)}`, { cause: error });
  }
  const type = reader.metadata.databaseType;
  const kind = /ASN|ISP/.test(type) ? 'as' : /City|Country|Enterprise/.test(type) ? 'geo' : undefined;
  if (kind === undefined)
    throw new WardlineError('settings', `${path} holds ${type}; a City, Country, Enterprise, ASN or ISP database is expected`);
  const read = kind === 'geo' ? geoOf : asOf;
  return {
    kind,
    lookUp: memoized(REMEMBERED, (address) => {
      try {
        const found = reader.get(address);
        return found === null ? undefined : read(found);
      } catch {
        // A damaged database answers nothing where it is damaged: an event never fails for it.
        return undefined;
      }
    }),
  };
}

function geoOf(found: CityResponse): JsonObject | undefined {
  const entries = NAMES.flatMap(([field, read]) => {
    const value = read(found);
    return value === undefined ? [] : [[field, value] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function asOf(found: AsnResponse): JsonObject | undefined {
  const { autonomous_system_number: number, autonomous_system_organization: name } = found;
  if (number === undefined && name === undefined) return undefined;
  return { ...(number === undefined ? {} : { number }), ...(name === undefined ? {} : { organization_name: name }) };
}

const ENDS = ['source', 'destination', 'client', 'server'];
const AS: Readonly<Record<string, keyof JsonObject>> = { 'as.number': 'number', 'as.organization.name': 'organization_name' };

/** `source.geo.*`, `source.as.*` and so on for both ends, from the address of each. */
export function geoFields(tables: readonly GeoTable[], sourceOf: (field: string) => FieldSource): Record<string, FieldSource> {
  const fields: Record<string, FieldSource> = {};
  const add = (end: string, field: string, kind: GeoTable['kind'], key: string): void => {
    const used = tables.filter((table) => table.kind === kind);
    if (used.length === 0) return;
    fields[`${end}.${field}`] = {
      kind: 'compute',
      reads: [sourceOf(`${end}.ip`)],
      apply: ([address]) => {
        if (typeof address !== 'string') return undefined;
        for (const { lookUp } of used) {
          const value = lookUp(address)?.[key];
          if (value !== undefined) return value;
        }
        return undefined;
      },
    };
  };
  for (const end of ENDS) {
    for (const [name] of NAMES) add(end, `geo.${name}`, 'geo', name);
    for (const [field, key] of Object.entries(AS)) add(end, field, 'as', key as string);
  }
  return fields;
}
