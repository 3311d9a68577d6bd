import { CARRIER_TIME } from '../decode/carriers.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

/** What a shipper carries, and what it knows of it by the names of ECS. */
export type Shipped = { readonly body: JsonValue; readonly context: JsonObject };

/** A document of a shipper by its own keys; undefined if it is none, or was understood on the way already. */
export function shippedIn(document: JsonObject): Shipped | undefined {
  if (isObject(document['event'] ?? null) && Object.hasOwn(document['event'] as JsonObject, 'category')) return undefined;
  for (const read of SHIPPERS) {
    const found = read(document);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Shipper = (document: JsonObject) => Shipped | undefined;

const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const said = (fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined));

/** What Beats, Elastic Agent and Logstash add, which is ECS. */
const ECS_KEYS = ['agent', 'cloud', 'container', 'fields', 'host', 'input', 'kubernetes', 'labels', 'log', 'orchestrator', 'tags'];

const elastic: Shipper = (document) => {
  const body = text(document['message']);
  const agent = document['agent'];
  const isBeat = Object.hasOwn(document, '@metadata') || (agent !== undefined && isObject(agent) && Object.hasOwn(agent, 'type'));
  if (body === undefined || !(isBeat || Object.hasOwn(document, '@version'))) return undefined;
  return { body, context: { ...flat(document, ECS_KEYS), ...said({ [CARRIER_TIME]: document['@timestamp'] }) } };
};

/** Vector (vector.dev), by the name of the component that read the line. */
const vector: Shipper = ({ message, source_type: source, host, file, timestamp }) => {
  const body = text(message);
  if (body === undefined || text(source) === undefined) return undefined;
  return { body, context: said({ 'host.name': text(host), 'log.file.path': text(file), [CARRIER_TIME]: timestamp }) };
};

/** Fluent Bit and Fluentd, the JSON files of Docker, and either with what Kubernetes says of the pod. */
const fluent: Shipper = (document) => {
  const { kubernetes, stream, date, time } = document;
  const isOf =
    isObject(kubernetes ?? null) || text(stream) !== undefined || typeof date === 'number' || typeof document['@timestamp'] === 'number';
  const body = document['log'] ?? (isOf ? document['message'] : undefined);
  if (!isOf || !(text(body) !== undefined || isObject(body ?? null))) return undefined;
  const pod = (isObject(kubernetes ?? null) ? kubernetes : {}) as JsonObject;
  const context = said({
    'orchestrator.namespace': text(pod['namespace_name']),
    'orchestrator.resource.name': text(pod['pod_name']),
    'container.name': text(pod['container_name']),
    'container.id': text(pod['docker_id']),
    'host.name': text(pod['host']),
    [CARRIER_TIME]: date ?? document['@timestamp'] ?? time,
  });
  return { body: typeof body === 'string' ? body.replace(/[\r\n]+$/, '') : (body as JsonValue), context };
};

/** The journal of systemd as JSON (systemd.journal-fields): the message as syslog would have written it. */
const journald: Shipper = (document) => {
  const message = text(document['MESSAGE']);
  const at = text(document['__REALTIME_TIMESTAMP']) ?? text(document['_SOURCE_REALTIME_TIMESTAMP']);
  const program = text(document['SYSLOG_IDENTIFIER']) ?? text(document['_COMM']);
  if (message === undefined || at === undefined || !/^\d{13,17}$/.test(at) || program === undefined) return undefined;
  const pid = text(document['_PID']) ?? text(document['SYSLOG_PID']);
  const time = new Date(Math.floor(Number(at) / 1000)).toISOString();
  const host = text(document['_HOSTNAME']) ?? '-';
  return { body: `${time} ${host} ${program}${pid === undefined ? '' : `[${pid}]`}: ${message}`, context: said({ [CARRIER_TIME]: at }) };
};

const SHIPPERS: readonly Shipper[] = [elastic, vector, journald, fluent];

const MOST_DEPTH = 8;

/** Leaves below some keys by dotted names. */
function flat(document: JsonObject, keys: readonly string[]): JsonObject {
  const out: Record<string, JsonValue> = {};
  const walk = (name: string, value: JsonValue, depth: number): void => {
    if (isObject(value) && depth < MOST_DEPTH) for (const [key, inner] of Object.entries(value)) walk(`${name}.${key}`, inner, depth + 1);
    else out[name] = value;
  };
  for (const key of keys) if (document[key] !== undefined) walk(key, document[key], 0);
  return out;
}
