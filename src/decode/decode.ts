import type { DeadLetter, DeadLetterReason } from '../event/dead-letter.ts';
import type { RawRecord } from '../event/raw-record.ts';
import { type ReadTag, SEEN_CHARACTERS } from '../event/tags.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { toUtf8 } from './charset.ts';
import { COLUMNS_HEADER, type Columns, readColumns } from './columns.ts';
import { type Unwrapped, unwrap } from './envelopes.ts';
import { detectForm, FORM_HEADER, type Form, formNamed, readForm } from './forms.ts';
import { otlpDocuments } from './otlp.ts';
import { parseJson } from './parse-json.ts';
import { readFramed, schemaIdOf } from './registry.ts';
import { traceContextOf } from './trace-context.ts';
import { compressionOf, unpack } from './unpack.ts';
import { DecodeError } from './wire.ts';
import { isXmlEvent, parseXmlEvent } from './xml-event.ts';

export type DecodeOptions = {
  readonly maxRecordBytes: number;
  readonly maxDepth: number;
  /** The most keys one JSON object may have; a record may hold many objects. */
  readonly maxKeys: number;
  /** The most events one record may hold. */
  readonly maxFanOut: number;
  /** A compressed or binary record holds many events; it may be this large, and unpack to this much. */
  readonly maxUnpackedBytes: number;
  /** The most bytes that one compressed byte may become. */
  readonly maxRatio: number;
};

export const DEFAULT_LIMITS: DecodeOptions = {
  maxRecordBytes: 1024 * 1024,
  maxDepth: 64,
  maxKeys: 10_000,
  maxFanOut: 10_000,
  maxUnpackedBytes: 16 * 1024 * 1024,
  maxRatio: 100,
};

/** How many compressions one record may lie in. */
const MAX_LAYERS = 4;

/** One document of a record. `index` is its place in the record, part of the event's name. */
export type Decoded = {
  readonly index: number;
  readonly document: JsonObject;
  /** The line itself where it was not structured; the document is then `{ message }`. */
  readonly text: string | undefined;
  /** The format an envelope already told. */
  readonly formatHint: string | undefined;
  /** ECS fields that what the record came in tells; they count where the event itself says nothing. */
  readonly context?: JsonObject | undefined;
  /** What the head of its file says of a line. */
  readonly columns?: Columns | undefined;
  /** What is doubtful about how it was read. */
  readonly tags?: readonly ReadTag[] | undefined;
};

/** Everything a record held: each byte of it is in a document, in a dead letter, or was discarded and counted. */
export type DecodeResult = {
  readonly documents: readonly Decoded[];
  readonly deadLetters: readonly DeadLetter[];
  /** Records without content: tombstones and blank lines. */
  readonly discarded: number;
};

/** Bytes to documents. Pure; never throws on any input; linear in the size of the record. */
export function decode(record: RawRecord, options: DecodeOptions): DecodeResult {
  const { bytes, headers } = record;
  if (bytes === null) return { documents: [], deadLetters: [], discarded: 1 };
  if (headers.size === 0) return decodeBytes(record, bytes, undefined, options, 0);
  const result = decodeBytes(record, bytes, formNamed(headers.get(FORM_HEADER)), options, 0);
  const context = traceContextOf(headers);
  const head = headers.get(COLUMNS_HEADER);
  const columns = head === undefined ? undefined : readColumns(head);
  if (context === undefined && columns === undefined) return result;
  return { ...result, documents: result.documents.map((one) => ({ ...one, context: merged(one.context, context), columns })) };
}

/** What is nearer to the event says more of it. */
const merged = (inner: JsonObject | undefined, outer: JsonObject | undefined): JsonObject | undefined =>
  inner === undefined ? outer : { ...outer, ...inner };

function decodeBytes(record: RawRecord, bytes: Uint8Array, form: Form | undefined, options: DecodeOptions, layer: number): DecodeResult {
  const dead = deadOf(record);
  const first = bytes[0] ?? 0;
  // Text begins with none of these but the line break.
  if (form !== undefined || first < 0x20 || first === 0x28) {
    const compression = compressionOf(bytes);
    if (compression !== undefined) {
      if (layer === MAX_LAYERS) return dead('too-deep', `more than ${MAX_LAYERS} compressions in one another`);
      if (bytes.length > options.maxUnpackedBytes) return dead('too-large', tooLarge(bytes, options.maxUnpackedBytes));
      const unpacked = unpack(bytes, compression, options);
      if ('reason' in unpacked) return dead(unpacked.reason, unpacked.detail);
      return decodeBytes(record, unpacked.bytes, form, { ...options, maxRecordBytes: options.maxUnpackedBytes }, layer + 1);
    }
    const id = form === undefined ? schemaIdOf(bytes) : undefined;
    if (id !== undefined && (record.schema !== undefined || !isPaddedText(bytes))) return decodeFramed(record, bytes, id, options, layer);
    const found = form ?? detectForm(bytes);
    if (found !== undefined) return decodeForm(record, bytes, found, options);
  }
  if (bytes.length > options.maxRecordBytes) return dead('too-large', tooLarge(bytes, options.maxRecordBytes));
  return decodeText(record, bytes, options, dead);
}

function decodeFramed(record: RawRecord, bytes: Uint8Array, id: number, options: DecodeOptions, layer: number): DecodeResult {
  const dead = deadOf(record);
  if (bytes.length > options.maxUnpackedBytes) return dead('too-large', tooLarge(bytes, options.maxUnpackedBytes));
  const framed = readFramed(record, bytes, id);
  if ('reason' in framed) return dead(framed.reason, framed.detail, framed.at);
  if ('value' in framed)
    return typeof framed.value === 'string' ? textDocument(framed.value) : documentsOf(record, unwrap(framed.value), options);
  if (layer === MAX_LAYERS) return dead('too-deep', `more than ${MAX_LAYERS} encodings in one another`);
  return decodeBytes(record, framed.bytes, framed.form, options, layer + 1);
}

/** A binary form; JSON in its place is taken as what it is, since exporters can be set to either. */
function decodeForm(record: RawRecord, bytes: Uint8Array, form: Form, options: DecodeOptions): DecodeResult {
  const dead = deadOf(record);
  if (bytes.length > options.maxUnpackedBytes) return dead('too-large', tooLarge(bytes, options.maxUnpackedBytes));
  if (bytes[0] === 0x7b || bytes[0] === 0x5b) return decodeJsonForm(record, bytes, form, options, dead);
  try {
    return documentsOf(record, readForm(form, bytes), options);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return dead(form.startsWith('otlp') ? 'invalid-otlp' : 'invalid-span', `${form}: ${error.message}`, error.at);
  }
}

function decodeJsonForm(record: RawRecord, bytes: Uint8Array, form: Form, options: DecodeOptions, dead: Dead): DecodeResult {
  const isExport = form === 'otlp-logs' || form === 'otlp-traces';
  if (!isExport) return decodeText(record, bytes, options, dead);
  const { bytes: body, repaired } = toUtf8(bytes);
  const parsed = parseJson(body, options.maxDepth, options.maxKeys);
  if ('reason' in parsed) return dead(parsed.reason, parsed.detail, parsed.at);
  // Members that an export does not have are ignored, as the protocol wants it; what is left may be nothing.
  return isObject(parsed.value)
    ? tagged(documentsOf(record, otlpDocuments(parsed.value), options), body, repaired, parsed.tags)
    : dead('invalid-otlp', 'an export is an object');
}

const tooLarge = (bytes: Uint8Array, limit: number): string => `${bytes.length} bytes; the limit is ${limit}`;

type Dead = (reason: DeadLetterReason, detail: string, at?: number) => DecodeResult;

const deadOf =
  (record: RawRecord): Dead =>
  (reason, detail, at) => ({ documents: [], deadLetters: [{ record, reason, detail, at }], discarded: 0 });

function decodeText(record: RawRecord, bytes: Uint8Array, options: DecodeOptions, dead: Dead): DecodeResult {
  const { bytes: body, repaired } = toUtf8(bytes);
  const start = firstVisible(body);
  if (start > 0 && body[0] === 0) return decodeText(record, body.subarray(start), options, dead);
  if (start === body.length) return { documents: [], deadLetters: [], discarded: 1 };
  const first = body[start];
  const asText = (): DecodeResult => tagged(textDocument(textOf(body)), body, repaired, []);
  if (first !== 0x7b && first !== 0x5b) return asText();
  const parsed = parseJson(body, options.maxDepth, options.maxKeys);
  // A line such as "[warn] ..." only looks like JSON; an object that does not parse was meant as one.
  if ('reason' in parsed) {
    if (first === 0x5b && parsed.reason === 'invalid-json') return asText();
    return dead(parsed.reason, parsed.detail, parsed.at);
  }
  return tagged(documentsOf(record, unwrap(parsed.value), options), body, repaired, parsed.tags);
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** The documents with what is doubtful about how they were read. */
function tagged(result: DecodeResult, body: Uint8Array, repaired: boolean, found: readonly ReadTag[]): DecodeResult {
  // A shorter record can hold no text that is too long.
  if (!repaired && found.length === 0 && body.length <= SEEN_CHARACTERS) return result;
  const record: readonly ReadTag[] = repaired ? ['invalid_utf8', ...found] : found;
  return {
    ...result,
    documents: result.documents.map((one) => {
      const tags = body.length > SEEN_CHARACTERS && holdsLongText(one.document) ? [...record, 'truncated' as const] : record;
      return tags.length === 0 ? one : { ...one, tags };
    }),
  };
}

function holdsLongText(document: JsonObject): boolean {
  const waiting: JsonValue[] = [document];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === 'string' && value.length > SEEN_CHARACTERS) return true;
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) waiting.push(inner as JsonValue);
  }
  return false;
}

function documentsOf(record: RawRecord, all: readonly Unwrapped[], options: DecodeOptions): DecodeResult {
  const documents: Decoded[] = [];
  const deadLetters: DeadLetter[] = [];
  if (all.length > options.maxFanOut) {
    deadLetters.push({
      record,
      reason: 'fan-out',
      detail: `${all.length} events in one record; the limit is ${options.maxFanOut}`,
      at: undefined,
    });
    return { documents: [], deadLetters, discarded: 0 };
  }
  all.forEach(({ value: document, formatHint, text, context }, index) => {
    if (isObject(document)) documents.push({ index, document, text, formatHint, ...(context === undefined ? {} : { context }) });
    else
      deadLetters.push({ record, reason: 'not-an-object', detail: `event ${index} is ${kindOf(document)}, not an object`, at: undefined });
  });
  return { documents, deadLetters, discarded: all.length === 0 ? 1 : 0 };
}

function textDocument(text: string): DecodeResult {
  const event = isXmlEvent(text) ? parseXmlEvent(text) : undefined;
  if (event !== undefined)
    return { documents: [{ index: 0, document: event, text: undefined, formatHint: undefined }], deadLetters: [], discarded: 0 };
  const message = text.replace(/[\r\n]+$/, '');
  return { documents: [{ index: 0, document: { message }, text: message, formatHint: undefined }], deadLetters: [], discarded: 0 };
}

/** Text behind zero bytes, which must not pass for the number of a schema and hide the line: no control characters in all of it. */
function isPaddedText(bytes: Uint8Array): boolean {
  const start = firstVisible(bytes);
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte < 0x20 ? byte !== 0x09 && byte !== 0x0a && byte !== 0x0d : byte === 0x7f) return false;
  }
  return start < bytes.length;
}

function firstVisible(bytes: Uint8Array): number {
  let i = 0;
  // A log that is cut under its writer begins with zero bytes.
  while (i < bytes.length && (bytes[i] === 0 || bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0a || bytes[i] === 0x0d)) i++;
  return i;
}

function kindOf(value: JsonValue): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
