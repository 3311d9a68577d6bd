import { toUtf8 } from '../decode/charset.ts';
import { createAccessor } from '../event/accessor.ts';
import type { Accessor } from '../event/field-source.ts';
import { originText, type RawRecord } from '../event/raw-record.ts';
import { fromMs, isoTime, NANOS_PER_MS, type Nanos } from '../event/time.ts';
import { tupleId } from '../shared/digest.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { Format } from './format.ts';
import { related } from './related.ts';

export const ECS_VERSION = '9.4.0';
/** `event.original` keeps at most this much; the source has the rest. */
const ORIGINAL_BYTES = 64 * 1024;

type Tree = { [key: string]: JsonValue };
type Compiled = readonly (readonly [field: string, accessor: Accessor])[];

const compiled = new WeakMap<Format, Compiled>();

function tableOf(format: Format): Compiled {
  let table = compiled.get(format);
  if (table === undefined) {
    table = Object.entries(format.fields).map(([field, source]) => [field, createAccessor(source)] as const);
    compiled.set(format, table);
  }
  return table;
}

export type Materials = {
  readonly format: Format;
  readonly document: JsonObject;
  /** ECS fields that count where the event says nothing. */
  readonly context: JsonObject | undefined;
  readonly record: RawRecord;
  readonly index: number;
  readonly time: Nanos;
  /** A time that was claimed and not believed. */
  readonly claimed: Nanos | undefined;
  readonly tags: readonly string[];
  readonly original: OriginalMode;
};

/** Which events keep their text as `event.original`. */
export type OriginalMode = 'always' | 'unparsed' | 'never';

/** The complete ECS document of one event: what the table yields, provenance, `related.*`, and the original as it came. */
export function toEcs({ format, document, context, record, index, time, claimed, tags, original }: Materials): JsonObject {
  const root: Tree = format.name === 'ecs' ? copyEcs(document) : {};
  const origin = { source: record.source, partition: record.partition, offset: record.offset, index };
  for (const [field, accessor] of tableOf(format)) {
    const value = accessor(document);
    if (value !== undefined && value !== null) put(root, field, value);
  }
  for (const [field, value] of Object.entries(context ?? {})) if (get(root, field) === undefined) put(root, field, value);
  root['@timestamp'] = isoTime(time);
  put(root, 'ecs.version', ECS_VERSION);
  if (get(root, 'event.kind') === undefined) put(root, 'event.kind', 'event');
  put(root, 'event.dataset', get(root, 'event.dataset') ?? format.name);
  put(root, 'event.module', get(root, 'event.module') ?? (format.name.split('.')[0] as string));
  if (get(root, 'event.id') === undefined) put(root, 'event.id', tupleId(['event', originText(origin)]));
  const keeps = original === 'always' || (original === 'unparsed' && format.name === 'text');
  if (keeps) put(root, 'event.original', originalText(record));
  const observables = related(root);
  if (Object.keys(observables).length > 0) root['related'] = observables;
  put(root, 'wardline', {
    source: record.source,
    partition: record.partition,
    offset: String(record.offset),
    index,
    broker_time: isoTime(fromMs(record.appendedAt)),
    ...(claimed === undefined
      ? {}
      : { claimed_time: isoTime(claimed), clock_skew_ms: Number(claimed / NANOS_PER_MS) - Math.trunc(record.appendedAt) }),
    ...(keeps && tags.includes('invalid_utf8') ? { original_base64: base64(record) } : {}),
    format: format.name,
    parse: { status: format.name === 'text' ? 'unparsed' : 'parsed', tags: [...tags] },
  });
  return root;
}

/** Bytes that are no text, as they came. */
function base64({ bytes }: RawRecord): string {
  return Buffer.from(bytes ?? [])
    .subarray(0, ORIGINAL_BYTES)
    .toString('base64');
}

function originalText(record: RawRecord): string {
  const all = record.bytes ?? new Uint8Array();
  let end = Math.min(all.length, ORIGINAL_BYTES);
  // Not in the middle of a character.
  for (let k = 0; k < 3 && end < all.length && ((all[end] as number) & 0xc0) === 0x80; k++) end--;
  const { bytes } = toUtf8(all.subarray(0, end));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** A document that is ECS already: nested form, dotted keys unfolded, hostile keys left out (they stay in the original). */
function copyEcs(document: JsonObject): Tree {
  const root: Tree = {};
  for (const [key, value] of Object.entries(document)) put(root, key, clone(value));
  return root;
}

function clone(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(clone);
  if (!isObject(value)) return value;
  const out: Tree = {};
  for (const [key, inner] of Object.entries(value)) if (!HOSTILE.has(key)) out[key] = clone(inner);
  return out;
}

const HOSTILE = new Set(['__proto__', 'constructor', 'prototype']);

/** Puts a value at a dotted path; objects on both sides are merged, otherwise the later wins. */
function put(root: Tree, field: string, value: JsonValue): void {
  const keys = field.split('.');
  if (keys.some((key) => HOSTILE.has(key))) return;
  let node = root;
  for (const key of keys.slice(0, -1)) {
    const inner = Object.hasOwn(node, key) ? node[key] : undefined;
    if (inner === undefined || !isObject(inner)) node[key] = {};
    node = node[key] as Tree;
  }
  const last = keys.at(-1) as string;
  const known = Object.hasOwn(node, last) ? node[last] : undefined;
  if (known !== undefined && isObject(known) && isObject(value))
    for (const [key, inner] of Object.entries(value)) put(known as Tree, key, inner);
  else node[last] = value;
}

/** A nested value by its dotted path. */
export function get(root: JsonObject, field: string): JsonValue | undefined {
  let node: JsonValue | undefined = root;
  for (const key of field.split('.')) {
    if (node === undefined || !isObject(node) || !Object.hasOwn(node, key)) return undefined;
    node = node[key];
  }
  return node;
}
