import { isUtf8 } from 'node:buffer';
import type { DeadLetter, DeadLetterReason } from '../event/dead-letter.ts';
import type { RawRecord } from '../event/raw-record.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { unwrap } from './envelopes.ts';
import { parseJson } from './parse-json.ts';
import { isXmlEvent, parseXmlEvent } from './xml-event.ts';

export type DecodeOptions = {
  readonly maxRecordBytes: number;
  readonly maxDepth: number;
  /** The most events one record may hold. */
  readonly maxFanOut: number;
};

export const DEFAULT_LIMITS: DecodeOptions = { maxRecordBytes: 1024 * 1024, maxDepth: 64, maxFanOut: 10_000 };

/** One document of a record. `index` is its place in the record, part of the event's name. */
export type Decoded = {
  readonly index: number;
  readonly document: JsonObject;
  /** The line itself where it was not structured; the document is then `{ message }`. */
  readonly text: string | undefined;
  /** The format an envelope already told. */
  readonly formatHint: string | undefined;
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
  const { bytes } = record;
  if (bytes === null) return { documents: [], deadLetters: [], discarded: 1 };
  const dead = (reason: DeadLetterReason, detail: string, at?: number): DecodeResult => ({
    documents: [],
    deadLetters: [{ record, reason, detail, at }],
    discarded: 0,
  });
  if (bytes.length > options.maxRecordBytes) return dead('too-large', `${bytes.length} bytes; the limit is ${options.maxRecordBytes}`);
  const body = withoutMark(bytes);
  if (!isUtf8(body)) return dead('invalid-utf8', 'the record is not valid UTF-8');
  const start = firstVisible(body);
  if (start === body.length) return { documents: [], deadLetters: [], discarded: 1 };
  const first = body[start];
  if (first !== 0x7b && first !== 0x5b) return textDocument(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  const parsed = parseJson(body, options.maxDepth);
  // A line such as "[warn] ..." only looks like JSON; an object that does not parse was meant as one.
  if ('reason' in parsed) {
    if (first === 0x5b && parsed.reason === 'invalid-json')
      return textDocument(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
    return dead(parsed.reason, parsed.detail, parsed.at);
  }
  return fanOut(record, parsed.value, options);
}

function fanOut(record: RawRecord, value: JsonValue, options: DecodeOptions): DecodeResult {
  const documents: Decoded[] = [];
  const deadLetters: DeadLetter[] = [];
  const all = unwrap(value);
  if (all.length > options.maxFanOut) {
    deadLetters.push({
      record,
      reason: 'fan-out',
      detail: `${all.length} events in one record; the limit is ${options.maxFanOut}`,
      at: undefined,
    });
    return { documents: [], deadLetters, discarded: 0 };
  }
  all.forEach(({ value: document, formatHint }, index) => {
    if (isObject(document)) documents.push({ index, document, text: undefined, formatHint });
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

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function firstVisible(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length && (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0a || bytes[i] === 0x0d)) i++;
  return i;
}

function kindOf(value: JsonValue): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
