import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { DecodeError } from '../wire.ts';
import { type AvroBytes, exact } from './reader.ts';

/** Reads one value of a type. */
export type AvroReader = (bytes: AvroBytes) => JsonValue;

const MAX_SCHEMA_DEPTH = 64;

const PRIMITIVES: Readonly<Record<string, AvroReader>> = {
  null: () => null,
  boolean: (bytes) => bytes.take(1)[0] !== 0,
  int: (bytes) => exact(bytes.long()),
  long: (bytes) => exact(bytes.long()),
  float: (bytes) => finite(bytes.take(4).readFloatLE()),
  double: (bytes) => finite(bytes.take(8).readDoubleLE()),
  bytes: (bytes) => bytes.take(bytes.size()).toString('base64'),
  string: (bytes) => bytes.text(),
};

/** JSON has no number for the others. */
const finite = (value: number): JsonValue => (Number.isFinite(value) ? value : String(value));

/** The named types that were read so far, by full name. */
type Names = Map<string, { reader: AvroReader | undefined }>;

/**
 * Compiles a schema (Avro specification 1.12) to a reader: bytes as base64, decimals as text, unions as what they hold.
 * `references` are schemas it may name, each before those that use it. Throws DecodeError for one that is none.
 */
export function compileAvro(text: string, references: readonly string[] = []): AvroReader {
  const names: Names = new Map();
  for (const reference of references) compile(parse(reference), names, '', 0);
  return compile(parse(text), names, '', 0);
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // A name alone is a schema too, and registries give it without quotes.
    return text.trim();
  }
}

function compile(schema: JsonValue, names: Names, namespace: string, depth: number): AvroReader {
  if (depth > MAX_SCHEMA_DEPTH) throw new DecodeError(`a schema nested deeper than ${MAX_SCHEMA_DEPTH} levels`);
  if (typeof schema === 'string') return named(schema, names, namespace);
  if (Array.isArray(schema)) return union(schema as readonly JsonValue[], names, namespace, depth);
  if (!isObject(schema)) throw new DecodeError(`${JSON.stringify(schema)} is no schema`);
  const { type } = schema;
  switch (type) {
    case 'record':
    case 'error':
      return record(schema, names, namespace, depth);
    case 'enum':
      return enumeration(schema, names, namespace);
    case 'fixed':
      return fixed(schema, names, namespace);
    case 'array': {
      const item = compile(schema['items'] ?? null, names, namespace, depth + 1);
      return (bytes) =>
        bytes.nested(() => {
          const out: JsonValue[] = [];
          bytes.blocks(() => out.push(item(bytes)));
          return out;
        });
    }
    case 'map': {
      const value = compile(schema['values'] ?? null, names, namespace, depth + 1);
      return (bytes) =>
        bytes.nested(() => {
          const out: Record<string, JsonValue> = Object.create(null);
          bytes.blocks(() => {
            const key = bytes.text();
            out[key] = value(bytes);
          });
          return out;
        });
    }
    case 'bytes':
      return schema['logicalType'] === 'decimal'
        ? decimal(schema, (bytes) => bytes.take(bytes.size()))
        : (PRIMITIVES['bytes'] as AvroReader);
    default:
      return compile(type ?? null, names, namespace, depth + 1);
  }
}

function named(name: string, names: Names, namespace: string): AvroReader {
  const primitive = Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined;
  if (primitive !== undefined) return primitive;
  const entry = names.get(fullName(name, namespace)) ?? names.get(name);
  if (entry === undefined) throw new DecodeError(`the schema names the type "${name}", which it does not have`);
  // Looked up when it reads: a type may hold itself.
  return (bytes) => (entry.reader as AvroReader)(bytes);
}

function union(branches: readonly JsonValue[], names: Names, namespace: string, depth: number): AvroReader {
  const readers = branches.map((branch) => compile(branch, names, namespace, depth + 1));
  return (bytes) => {
    const at = bytes.position;
    const index = bytes.size();
    const reader = readers[index];
    if (reader === undefined) throw new DecodeError(`branch ${index} of a union of ${readers.length}`, at);
    return reader(bytes);
  };
}

function record(schema: JsonObject, names: Names, outer: string, depth: number): AvroReader {
  const { entry, namespace } = declare(schema, names, outer);
  const { fields } = schema;
  if (!Array.isArray(fields)) throw new DecodeError('a record without fields');
  const compiled = (fields as readonly JsonValue[])
    .filter(isObject)
    .map((field) => [String(field['name']), compile(field['type'] ?? null, names, namespace, depth + 1)] as const);
  entry.reader = (bytes) =>
    bytes.nested(() => {
      const out: Record<string, JsonValue> = Object.create(null);
      for (const [name, reader] of compiled) {
        bytes.count();
        out[name] = reader(bytes);
      }
      return out;
    });
  return entry.reader;
}

function enumeration(schema: JsonObject, names: Names, outer: string): AvroReader {
  const { entry } = declare(schema, names, outer);
  const symbols = Array.isArray(schema['symbols']) ? (schema['symbols'] as readonly JsonValue[]).map(String) : [];
  entry.reader = (bytes) => {
    const at = bytes.position;
    const index = bytes.size();
    const symbol = symbols[index];
    if (symbol === undefined) throw new DecodeError(`symbol ${index} of an enumeration of ${symbols.length}`, at);
    return symbol;
  };
  return entry.reader;
}

function fixed(schema: JsonObject, names: Names, outer: string): AvroReader {
  const { entry } = declare(schema, names, outer);
  const size = Number(schema['size']);
  if (!Number.isInteger(size) || size < 0) throw new DecodeError(`a fixed type of ${String(schema['size'])} bytes`);
  entry.reader =
    schema['logicalType'] === 'decimal' ? decimal(schema, (bytes) => bytes.take(size)) : (bytes) => bytes.take(size).toString('base64');
  return entry.reader;
}

/** A whole number in two's complement with its scale, as decimal text. */
function decimal(schema: JsonObject, take: (bytes: AvroBytes) => Buffer): AvroReader {
  const scale = Number(schema['scale'] ?? 0);
  if (!Number.isInteger(scale) || scale < 0 || scale > 1000) throw new DecodeError(`a decimal of scale ${String(schema['scale'])}`);
  return (bytes) => {
    const raw = take(bytes);
    if (raw.length > 64) return raw.toString('base64');
    const value = raw.length === 0 ? 0n : BigInt.asIntN(raw.length * 8, BigInt(`0x${raw.toString('hex')}`));
    const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
    const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
    return value < 0n ? `-${text}` : text;
  };
}

function declare(
  schema: JsonObject,
  names: Names,
  outer: string,
): { readonly entry: { reader: AvroReader | undefined }; readonly namespace: string } {
  const name = String(schema['name'] ?? '');
  const given = typeof schema['namespace'] === 'string' ? schema['namespace'] : outer;
  const full = fullName(name, given);
  const dot = full.lastIndexOf('.');
  const entry: { reader: AvroReader | undefined } = { reader: undefined };
  names.set(full, entry);
  return { entry, namespace: dot < 0 ? '' : full.slice(0, dot) };
}

const fullName = (name: string, namespace: string): string => (name.includes('.') || namespace === '' ? name : `${namespace}.${name}`);
