import type { Decoded } from '../decode/decode.ts';
import { parseJson } from '../decode/parse-json.ts';
import { contextOfLog } from '../decode/trace-context.ts';
import { createAccessor } from '../event/accessor.ts';
import type { Accessor } from '../event/field-source.ts';
import { isObject, type JsonObject } from '../shared/json.ts';
import type { Format } from './format.ts';
import { shippedIn } from './shippers.ts';

export type Recognized = { readonly format: Format; readonly document: JsonObject; readonly context: JsonObject | undefined };

/** Formats that fit anything: a body in one of these is a log record as it is. */
const GENERIC = new Set(['json', 'text']);
const MAX_DEPTH = 64;

/**
 * What a collector carries in the body of a log record: a line or a document of some format of its own, seen as that
 * format, with the record around it as context. Undefined where no format knows it.
 */
export function recognizeInner(
  { document, index }: Decoded,
  recognize: (decoded: Decoded) => { readonly format: Format; readonly document: JsonObject },
): Recognized | undefined {
  const inner = innerOf(document['body'], index);
  if (inner === undefined) return undefined;
  const found = recognize(inner);
  return GENERIC.has(found.format.name) ? undefined : { ...found, context: contextOfLog(document) };
}

function innerOf(body: unknown, index: number): Decoded | undefined {
  if (isObject(body)) return { index, document: body, text: undefined, formatHint: undefined };
  if (typeof body !== 'string' || body === '') return undefined;
  if (!/^\s{0,16}\{/.test(body)) return { index, document: { message: body }, text: body, formatHint: undefined };
  const parsed = parseJson(Buffer.from(body), MAX_DEPTH);
  return 'value' in parsed && isObject(parsed.value)
    ? { index, document: parsed.value, text: undefined, formatHint: undefined }
    : undefined;
}

/**
 * A line or document that a shipper carries in a field of its own document (Beats, Logstash, Vector, Fluent Bit, Fluentd,
 * Docker, journald): seen as its own format, with what the shipper knows of it as context. Undefined where it is no shipper's,
 * was understood by the shipper already, or where no format knows what it carries.
 */
export function recognizeShipped(
  { document, index }: Decoded,
  recognize: (decoded: Decoded) => { readonly format: Format; readonly document: JsonObject },
): Recognized | undefined {
  const shipped = shippedIn(document);
  const inner = shipped === undefined ? undefined : innerOf(shipped.body, index);
  if (shipped === undefined || inner === undefined) return undefined;
  const found = recognize(inner);
  return GENERIC.has(found.format.name) ? undefined : { ...found, context: shipped.context };
}

const known = new WeakMap<Format, Map<string, Accessor>>();

/** The document with the fields of its context that it does not have itself, under their ECS names. */
export function withContext(format: Format, document: JsonObject, context: JsonObject): JsonObject {
  const missing = Object.entries(context).filter(
    ([field]) => !Object.hasOwn(document, field) && accessorOf(format, field)(document) === undefined,
  );
  return missing.length === 0 ? document : { ...document, ...Object.fromEntries(missing) };
}

function accessorOf(format: Format, field: string): Accessor {
  let accessors = known.get(format);
  if (accessors === undefined) known.set(format, (accessors = new Map()));
  let accessor = accessors.get(field);
  if (accessor === undefined)
    accessors.set(field, (accessor = createAccessor(format.fields[field] ?? { kind: 'path', keys: field.split('.') })));
  return accessor;
}
