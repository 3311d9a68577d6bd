import { messageOf, WardlineError } from '../shared/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { type Indicator, type IndicatorType, typeOfValue } from './indicator.ts';
import { readRows } from './rows.ts';
import { readPattern } from './stix-pattern.ts';

/** Indicators of a file, and how many of it were left out, by reason. */
export type IndicatorFile = { readonly indicators: readonly Indicator[]; readonly skipped: ReadonlyMap<string, number> };

type Out = { readonly add: (indicator: Indicator) => void; readonly skip: (reason: string) => void };

/** Reads CSV, NDJSON, a STIX 2.1 bundle or a MISP event; what it cannot use is counted by reason, never dropped in silence. */
export function readIndicators(path: string, text: string): IndicatorFile {
  const indicators: Indicator[] = [];
  const skipped = new Map<string, number>();
  const out: Out = {
    add: (indicator) => indicators.push(indicator),
    skip: (reason) => skipped.set(reason, (skipped.get(reason) ?? 0) + 1),
  };
  const whole = text.trimStart().startsWith('{') ? bundleOf(path, text) : undefined;
  if (whole?.['type'] === 'bundle') stix(whole, out);
  else if (whole !== undefined && (isObject(whole['Event']) || Array.isArray(whole['response']))) misp(whole, out);
  else rows(path, text, out);
  return { indicators, skipped };
}

/** One JSON object over the whole file; a file of one object per line is none. */
function bundleOf(path: string, text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (/^\s*\{.*\}\s*\n/.test(text)) return undefined;
    throw new WardlineError('settings', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

const textOf = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
const timeOf = (value: JsonValue | undefined): number | undefined => {
  if (typeof value === 'number') return value < 1e11 ? value * 1000 : value;
  const ms = typeof value === 'string' ? (/^\d{9,10}$/.test(value) ? Number(value) * 1000 : Date.parse(value)) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
};
const given = <T extends object>(parts: T): T => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T;

// biome-ignore format: a table
const NAMED: Readonly<Record<string, IndicatorType>> = {
  ip: 'ip', ipv4: 'ip', ipv6: 'ip', 'ipv4-addr': 'ip', 'ipv6-addr': 'ip', cidr: 'ip', 'ip-src': 'ip', 'ip-dst': 'ip',
  domain: 'domain', 'domain-name': 'domain', hostname: 'domain', fqdn: 'domain', url: 'url', uri: 'url',
  hash: 'file', file: 'file', md5: 'file', sha1: 'file', sha256: 'file', sha512: 'file',
  email: 'email', 'email-addr': 'email', 'email-src': 'email', 'email-dst': 'email',
};

function rows(path: string, text: string, out: Out): void {
  for (const { row, line } of readRows(path, text)) {
    const value = textOf(row['value'] ?? row['indicator'] ?? row['ioc']);
    if (value === undefined) throw new WardlineError('settings', `${path}:${line}: a row needs the column value`);
    const named = textOf(row['type'])?.toLowerCase();
    const type = named === undefined ? typeOfValue(value) : Object.hasOwn(NAMED, named) ? NAMED[named] : undefined;
    if (type === undefined) out.skip(`type ${named ?? 'of the value'} is not known`);
    else if (row['revoked'] === true || row['revoked'] === 'true') out.skip('revoked');
    else
      out.add(
        given({
          type,
          value,
          id: textOf(row['id']),
          provider: textOf(row['provider'] ?? row['source'] ?? row['feed']),
          confidence: textOf(row['confidence']),
          description: textOf(row['description'] ?? row['comment']),
          reference: textOf(row['reference'] ?? row['link']),
          from: timeOf(row['valid_from'] ?? row['first_seen']),
          until: timeOf(row['valid_until'] ?? row['expires']),
        }) as Indicator,
      );
  }
}

function stix(bundle: JsonObject, out: Out): void {
  const objects = Array.isArray(bundle['objects']) ? (bundle['objects'] as readonly JsonValue[]).filter(isObject) : [];
  const names = new Map(objects.filter(({ type }) => type === 'identity').map(({ id, name }) => [textOf(id), textOf(name)]));
  for (const object of objects) {
    if (object['type'] !== 'indicator') continue;
    if (object['revoked'] === true) {
      out.skip('revoked');
      continue;
    }
    const read =
      object['pattern_type'] === undefined || object['pattern_type'] === 'stix'
        ? readPattern(String(object['pattern'] ?? ''))
        : 'pattern type is not stix';
    if (typeof read === 'string') {
      out.skip(read);
      continue;
    }
    for (const { type, value } of read)
      out.add(
        given({
          type,
          value,
          id: textOf(object['id']),
          name: textOf(object['name']),
          provider: names.get(textOf(object['created_by_ref'])),
          confidence: textOf(object['confidence']),
          description: textOf(object['description'] ?? object['name']),
          from: timeOf(object['valid_from']),
          until: timeOf(object['valid_until']),
        }) as Indicator,
      );
  }
}

const MISP_PARTS: Readonly<Record<string, number>> = {
  'ip-src|port': 0,
  'ip-dst|port': 0,
  'domain|ip': 0,
  'hostname|port': 0,
  'filename|md5': 1,
  'filename|sha1': 1,
  'filename|sha256': 1,
};

function misp(document: JsonObject, out: Out): void {
  const list = Array.isArray(document['response']) ? (document['response'] as readonly JsonValue[]).filter(isObject) : [document];
  for (const { Event: event } of list) {
    if (!isObject(event)) continue;
    const objects = Array.isArray(event['Object']) ? (event['Object'] as readonly JsonValue[]).filter(isObject) : [];
    const provider = isObject(event['Orgc']) ? textOf(event['Orgc']['name']) : undefined;
    for (const holder of [event, ...objects]) {
      for (const attribute of Array.isArray(holder['Attribute']) ? (holder['Attribute'] as readonly JsonValue[]).filter(isObject) : [])
        mispAttribute(attribute, { provider, description: textOf(event['info']) }, out);
    }
  }
}

function mispAttribute(
  attribute: JsonObject,
  about: { readonly provider: string | undefined; readonly description: string | undefined },
  out: Out,
): void {
  const kind = String(attribute['type']);
  const part = Object.hasOwn(MISP_PARTS, kind) ? MISP_PARTS[kind] : undefined;
  const name = part === undefined ? kind : (kind.split('|')[part] as string);
  const value = textOf(attribute['value'])
    ?.split('|')
    .at(part ?? 0);
  const type = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (attribute['to_ids'] === false) out.skip('not meant for detection (to_ids is false)');
  else if (type === undefined || value === undefined) out.skip(`type ${kind} is not known`);
  else
    out.add(
      given({
        ...about,
        type,
        value,
        id: textOf(attribute['uuid']),
        from: timeOf(attribute['first_seen']),
        until: timeOf(attribute['last_seen']),
      }) as Indicator,
    );
}
