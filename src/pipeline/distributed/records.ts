import type { AlertAction } from '../../alert/actions.ts';
import type { Group, Hit } from '../../correlate/firing.ts';
import { bytesOf, type Routed, STEP_BYTES } from '../../correlate/route.ts';
import type { Nanos } from '../../event/time.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';

/** Where a record of the matches topic comes from: a source partition, its incarnation, an offset and a document in it. */
export type Place = {
  readonly source: string;
  readonly partition: number;
  /** Raised when the source's topic was made anew and its offsets begin again. */
  readonly incarnation: number;
  readonly offset: bigint;
  readonly index: number;
};

/** What stands in the matches topic: matches, and everything else that correlation must know, as records. */
export type MatchRecord =
  | { readonly kind: 'match'; readonly place: Place; readonly routed: Routed }
  | {
      readonly kind: 'watermark';
      readonly place: Place;
      /** Undefined: no event was ever seen here. */
      readonly time: Nanos | undefined;
      readonly newest: Nanos | undefined;
      readonly idle: boolean;
      /** The ruleset by which this partition is read from here on. */
      readonly rules: number;
    }
  /** These source partitions exist: until each has spoken no time has passed. */
  | { readonly kind: 'sources'; readonly partitions: readonly (readonly [source: string, partition: number])[] }
  | { readonly kind: 'lost'; readonly place: Place; readonly from: Nanos }
  /** What an operator did to an alert; `latest` is the alert as the operator's process knew it. Repeats have the same id. */
  | { readonly kind: 'action'; readonly id: string; readonly action: Omit<AlertAction, 'seq'>; readonly latest: JsonObject }
  /** From here on the rules of `digest` hold; repeats have the same number. */
  | { readonly kind: 'activation'; readonly seq: number; readonly digest: string };

/** Key of activations, so that they are found without reading every record. */
export const ACTIVATION_KEY = 'activation';
export const ACTION_KEY = 'action';

const text = (time: Nanos | undefined): string | null => (time === undefined ? null : String(time));
const time = (value: JsonValue | undefined): Nanos | undefined => (typeof value === 'string' ? BigInt(value) : undefined);

export function encodeMatchRecord(record: MatchRecord): Uint8Array {
  return Buffer.from(JSON.stringify(plain(record)));
}

function plain(record: MatchRecord): JsonValue {
  switch (record.kind) {
    case 'match': {
      const { rule, logic, group, hit, late } = record.routed;
      const { time: at, rule: member, appendedAt, values, entities, trail, exceptions } = hit;
      const body = { r: rule, l: logic, g: group.key, v: group.values, t: String(at), m: member, a: appendedAt, f: values, e: entities };
      return { k: 'm', ...placeText(record.place), ...body, ...(late ? { late } : {}), ...plainOf({ y: trail, z: exceptions }) };
    }
    case 'watermark':
      return { k: 'w', ...placeText(record.place), t: text(record.time), n: text(record.newest), idle: record.idle, q: record.rules };
    case 'sources':
      return { k: 's', p: record.partitions.map(([source, partition]) => [source, partition]) };
    case 'lost':
      return { k: 'l', ...placeText(record.place), t: String(record.from) };
    case 'action':
      return { k: 'o', i: record.id, a: plainOf(record.action), d: record.latest };
    case 'activation':
      return { k: 'a', q: record.seq, d: record.digest };
  }
}

/** Steps and exceptions are plain data; what is not there is left out. */
const plainOf = (parts: object): JsonObject => JSON.parse(JSON.stringify(parts)) as JsonObject;

const placeText = ({ source, partition, incarnation, offset, index }: Place): JsonObject => ({
  s: source,
  p: partition,
  i: incarnation,
  o: String(offset),
  x: index,
});

/** Undefined: the record is of no kind this version knows, or no record at all. */
export function decodeMatchRecord(value: Uint8Array | null): MatchRecord | undefined {
  if (value === null) return undefined;
  const found = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')) as Record<string, JsonValue>;
  const place = (): Place => ({
    source: String(found['s']),
    partition: Number(found['p']),
    incarnation: Number(found['i']),
    offset: BigInt(String(found['o'])),
    index: Number(found['x']),
  });
  switch (found['k']) {
    case 'm':
      return { kind: 'match', place: place(), routed: routedOf(found, place()) };
    case 'w':
      return {
        kind: 'watermark',
        place: place(),
        time: time(found['t']),
        newest: time(found['n']),
        idle: found['idle'] === true,
        rules: Number(found['q']),
      };
    case 's':
      return { kind: 'sources', partitions: found['p'] as unknown as readonly (readonly [string, number])[] };
    case 'l':
      return { kind: 'lost', place: place(), from: BigInt(String(found['t'])) };
    case 'o':
      return { kind: 'action', id: String(found['i']), action: actionOf(found['a'] as JsonObject), latest: found['d'] as JsonObject };
    case 'a':
      return { kind: 'activation', seq: Number(found['q']), digest: String(found['d']) };
    default:
      return undefined;
  }
}

function actionOf(found: JsonObject): Omit<AlertAction, 'seq'> {
  const { alert, kind, actor, address, at, disposition, comment } = found as unknown as Partial<AlertAction> & Omit<AlertAction, 'seq'>;
  return { alert, kind, actor, address, at, disposition, comment };
}

function routedOf(found: Readonly<Record<string, JsonValue>>, { source, partition, offset, index }: Place): Routed {
  const group: Group = { key: String(found['g']), values: found['v'] as Group['values'] };
  const [values, entities] = [found['f'] as Hit['values'], found['e'] as Hit['entities']];
  const trail = found['y'] as Hit['trail'];
  const exceptions = found['z'] as Hit['exceptions'];
  const hit: Hit = {
    time: BigInt(String(found['t'])),
    origin: { source, partition, offset, index },
    rule: String(found['m']),
    appendedAt: Number(found['a']),
    values,
    entities,
    bytes: bytesOf(values, entities) + STEP_BYTES * (trail?.length ?? 0),
    ...(trail === undefined ? {} : { trail }),
    ...(exceptions === undefined ? {} : { exceptions }),
  };
  return { rule: String(found['r']), logic: String(found['l']), group, hit, late: found['late'] === true };
}

/** An alert on its way to the sinks: `at` is the offset of the record that caused it, and its number among what that caused. */
export type AlertRecord = { readonly at: bigint; readonly index: number; readonly id: string; readonly document: JsonObject };

export const encodeAlertRecord = ({ at, index, id, document }: AlertRecord): Uint8Array =>
  Buffer.from(JSON.stringify({ o: String(at), x: index, id, document }));

export function decodeAlertRecord(value: Uint8Array | null): AlertRecord | undefined {
  if (value === null) return undefined;
  const { o, x, id, document } = JSON.parse(Buffer.from(value).toString('utf8')) as {
    o: string;
    x: number;
    id: string;
    document: JsonObject;
  };
  return { at: BigInt(o), index: x, id, document };
}
