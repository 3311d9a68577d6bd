import type { PayloadSchema, RawRecord } from '../event/raw-record.ts';
import type { JsonValue } from '../shared/json.ts';
import { AvroBytes } from './avro/reader.ts';
import { type AvroReader, compileAvro } from './avro/schema.ts';
import { detectForm, type Form } from './forms.ts';
import { DecodeError } from './wire.ts';

/** The wire format of schema registries: a zero byte and the number of the schema, big-endian, before the payload. */
export const REGISTRY_HEAD = 5;

export function schemaIdOf(bytes: Uint8Array | null): number | undefined {
  if (bytes === null || bytes.length < REGISTRY_HEAD || bytes[0] !== 0) return undefined;
  return (((bytes[1] as number) << 24) | ((bytes[2] as number) << 16) | ((bytes[3] as number) << 8) | (bytes[4] as number)) >>> 0;
}

/** What stands behind the head: a value, bytes that are read on as JSON or text, or as a binary form. */
export type Framed =
  | { readonly value: JsonValue }
  | { readonly bytes: Uint8Array; readonly form: Form | undefined }
  | {
      readonly reason: 'unknown-schema' | 'unsupported-encoding' | 'invalid-avro';
      readonly detail: string;
      readonly at: number | undefined;
    };

const OBJECT = 0x7b;
const compiled = new WeakMap<PayloadSchema, AvroReader | DecodeError>();

export function readFramed({ schema }: RawRecord, bytes: Uint8Array, id: number): Framed {
  const payload = bytes.subarray(REGISTRY_HEAD);
  if (schema?.type === 'AVRO') return readAvro(schema, payload);
  if (schema?.type === 'JSON' || (schema === undefined && payload[0] === OBJECT)) return { bytes: payload, form: undefined };
  const message = afterIndexes(payload);
  const form = message === undefined ? undefined : detectForm(message);
  if (message !== undefined && form !== undefined) return { bytes: message, form };
  if (schema === undefined)
    return { reason: 'unknown-schema', detail: `schema ${id} is not known; give the source a schemaRegistry that has it`, at: 1 };
  return {
    reason: 'unsupported-encoding',
    detail: `schema ${id} is ${schema.type}, of which only OTLP, Jaeger and Zipkin are read`,
    at: undefined,
  };
}

function readAvro(schema: PayloadSchema, payload: Uint8Array): Framed {
  const failed = (error: DecodeError): Framed => ({
    reason: 'invalid-avro',
    detail: `schema ${schema.id}: ${error.message}`,
    at: error.at === undefined ? undefined : error.at + REGISTRY_HEAD,
  });
  try {
    const reader = readerOf(schema);
    const bytes = new AvroBytes(payload);
    const value = reader(bytes);
    return bytes.left === 0 ? { value } : failed(new DecodeError(`${bytes.left} bytes are left behind the value`, bytes.position));
  } catch (error) {
    if (error instanceof DecodeError) return failed(error);
    throw error;
  }
}

function readerOf(schema: PayloadSchema): AvroReader {
  let known = compiled.get(schema);
  if (known === undefined) {
    try {
      known = compileAvro(schema.text, schema.references);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      known = error;
    }
    compiled.set(schema, known);
  }
  if (known instanceof DecodeError) throw known;
  return known;
}

/** Protobuf behind the head has the path of its message type first: a count and indexes as zig-zag varints, or one zero. */
function afterIndexes(payload: Uint8Array): Uint8Array | undefined {
  if (payload[0] === 0) return payload.subarray(1);
  try {
    const bytes = new AvroBytes(payload);
    const count = bytes.size();
    for (let i = 0; i < count; i++) {
      bytes.count();
      bytes.size();
    }
    return payload.subarray(bytes.position);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
