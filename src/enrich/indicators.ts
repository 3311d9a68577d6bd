import ipaddr from 'ipaddr.js';
import type { EnrichedFields } from '../event/enrichment.ts';
import type { FieldSource } from '../event/field-source.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { Indicator, IndicatorType } from './indicator.ts';
import { createNetworks, type Networks } from './networks.ts';

/** Fields that are compared, and with which indicators. */
const MATCHED: readonly (readonly [field: string, type: IndicatorType])[] = [
  ...['source.ip', 'destination.ip', 'client.ip', 'server.ip', 'dns.resolved_ip'].map((field) => [field, 'ip'] as const),
  ...['dns.question.name', 'url.domain', 'destination.domain', 'source.domain', 'tls.client.server_name'].map(
    (field) => [field, 'domain'] as const,
  ),
  ...['url.full', 'url.original'].map((field) => [field, 'url'] as const),
  ...['process', 'file', 'dll', 'process.parent'].flatMap((holder) =>
    ['md5', 'sha1', 'sha256'].map((kind) => [`${holder}.hash.${kind}`, 'file'] as const),
  ),
  ...['user.email', 'email.from.address', 'email.sender.address'].map((field) => [field, 'email'] as const),
];
/** An event holds at most so many; how many more there were stands beside them. */
const MOST = 10;
/** How many more indicators an event met than it holds. */
export const LEFT_OUT_FIELD = 'wardline.indicators.left_out';

export type IndicatorTable = {
  readonly size: number;
  /** All indicators that a value of this type meets. */
  find(type: IndicatorType, value: string): readonly Indicator[];
};

/** Exact values by hash, domains by suffix, networks by prefix: the cost of a look-up does not depend on how many there are. */
export function createIndicatorTable(indicators: readonly Indicator[]): IndicatorTable {
  const exact = new Map<string, Indicator[]>();
  const networks = new Map<string, Indicator[]>();
  for (const indicator of indicators) {
    if (indicator.type === 'ip' && indicator.value.includes('/')) {
      if (ipaddr.isValidCIDR(indicator.value)) push(networks, indicator.value, indicator);
    } else push(exact, `${indicator.type} ${normal(indicator.type, indicator.value)}`, indicator);
  }
  const ranges: Networks<readonly Indicator[]> = createNetworks([...networks]);
  const at = (type: IndicatorType, value: string): readonly Indicator[] => exact.get(`${type} ${value}`) ?? [];
  return {
    size: indicators.length,
    find(type, value) {
      const text = normal(type, value);
      if (type === 'ip') return [...at(type, text), ...(ranges.find(value) ?? [])];
      if (type !== 'domain') return at(type, text);
      // What is below a bad domain is bad too; a bare top level is not asked.
      const labels = text.split('.');
      return labels.slice(0, -1).flatMap((_, i) => at(type, labels.slice(i).join('.')));
    },
  };
}

function push(map: Map<string, Indicator[]>, key: string, indicator: Indicator): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [indicator]);
  else known.push(indicator);
}

function normal(type: IndicatorType, value: string): string {
  if (type === 'ip') return ipaddr.isValid(value) ? ipaddr.process(value).toNormalizedString() : value;
  const text = type === 'url' ? value : value.toLowerCase();
  return type === 'domain' ? text.replace(/\.$/, '').slice(0, 255) : text;
}

/** `threat.enrichments` and its parts by name, so that a rule can ask for one of them. */
export function indicatorFields(table: IndicatorTable, sourceOf: (field: string) => FieldSource): EnrichedFields {
  const reads = [sourceOf('@timestamp'), ...MATCHED.map(([field]) => sourceOf(field))];
  const hits = ([time, ...values]: readonly (JsonValue | undefined)[]): {
    readonly found: readonly JsonObject[];
    readonly more: number;
  } => {
    const at = typeof time === 'number' ? time : undefined;
    const found: JsonObject[] = [];
    let more = 0;
    MATCHED.forEach(([field, type], i) => {
      for (const value of listOf(values[i])) {
        for (const indicator of table.find(type, value)) {
          if (!isValid(indicator, at)) continue;
          if (found.length < MOST) found.push(enrichment(indicator, field, value));
          else more++;
        }
      }
    });
    return { found, more };
  };
  const all = (values: readonly (JsonValue | undefined)[]): readonly JsonObject[] => hits(values).found;
  const part = (path: string): FieldSource => ({
    kind: 'compute',
    reads,
    apply: (values) => {
      const found = all(values).flatMap((one) => {
        const value = path
          .split('.')
          .reduce<JsonValue | undefined>((node, key) => (node !== undefined && isObject(node) ? node[key] : undefined), one);
        return value === undefined ? [] : [value];
      });
      return found.length === 0 ? undefined : found;
    },
  });
  const enrichments: FieldSource = {
    kind: 'compute',
    reads,
    apply: (values) => {
      const found = all(values);
      return found.length === 0 ? undefined : found;
    },
  };
  const leftOut: FieldSource = { kind: 'compute', reads, apply: (values) => hits(values).more || undefined };
  return {
    fields: { 'threat.enrichments': enrichments, [LEFT_OUT_FIELD]: leftOut },
    parts: Object.fromEntries(PARTS.map((path) => [`threat.enrichments.${path}`, part(path)])),
  };
}

const PARTS = [
  ...['type', 'ip', 'domain', 'url.full', 'file.hash.any', 'email.address', 'name', 'provider', 'confidence', 'description', 'id'].map(
    (name) => `indicator.${name}`,
  ),
  ...['atomic', 'field', 'type', 'id'].map((name) => `matched.${name}`),
];

function isValid({ from, until }: Indicator, at: number | undefined): boolean {
  return at === undefined || ((from === undefined || at >= from) && (until === undefined || at < until));
}

function listOf(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((one): one is string => typeof one === 'string') : [];
}

const TYPES: Readonly<Record<IndicatorType, (value: string) => JsonObject>> = {
  ip: (text) => {
    const ip = normal('ip', text);
    const type = ip.includes(':') ? 'ipv6-addr' : 'ipv4-addr';
    // The field holds addresses: a network is told by its name.
    return ip.includes('/') ? { type, name: ip } : { type, ip };
  },
  domain: (domain) => ({ type: 'domain-name', domain }),
  url: (full) => ({ type: 'url', url: { full } }),
  file: (any) => ({ type: 'file', file: { hash: { any } } }),
  email: (address) => ({ type: 'email-addr', email: { address } }),
};

function enrichment(
  { type, value, id, name, provider, confidence, description, reference, from, until }: Indicator,
  field: string,
  atomic: string,
): JsonObject {
  const about = { id, name, provider, confidence, description, reference };
  const times = {
    first_seen: from === undefined ? undefined : new Date(from).toISOString(),
    last_seen: until === undefined ? undefined : new Date(until).toISOString(),
  };
  return {
    indicator: {
      ...TYPES[type](value),
      ...(Object.fromEntries(Object.entries({ ...about, ...times }).filter(([, one]) => one !== undefined)) as JsonObject),
    },
    matched: { atomic, field, type: 'indicator_match_rule', ...(id === undefined ? {} : { id }) },
  };
}
