import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvroBytes } from '../../src/decode/avro/reader.ts';
import { compileAvro } from '../../src/decode/avro/schema.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { DecodeError } from '../../src/decode/wire.ts';
import { aRecord } from '../support/an-event.ts';
import { message, otlpMessage } from '../support/protobuf.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const readValue = (schema: unknown, bytes: Uint8Array): unknown => {
  const source = new AvroBytes(bytes);
  const value = compileAvro(JSON.stringify(schema))(source);
  expect(source.left).toBe(0);
  return plain(value);
};

let named = 0;
/** Schemas of every kind, nested; names are new each time. */
const schemas = fc.letrec((tie) => ({
  type: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'),
    tie('enum'),
    tie('fixed'),
    tie('array'),
    tie('map'),
    tie('record'),
    tie('union'),
  ),
  enum: fc
    .integer({ min: 1, max: 5 })
    .map((n) => ({ type: 'enum', name: `E${named++}`, symbols: Array.from({ length: n }, (_, i) => `S${i}`) })),
  fixed: fc.integer({ min: 1, max: 20 }).map((size) => ({ type: 'fixed', name: `F${named++}`, size })),
  array: tie('type').map((items) => ({ type: 'array', items })),
  map: tie('type').map((values) => ({ type: 'map', values })),
  record: fc
    .array(tie('type'), { minLength: 1, maxLength: 4 })
    .map((types) => ({ type: 'record', name: `R${named++}`, namespace: 'a.b', fields: types.map((type, i) => ({ name: `f${i}`, type })) })),
  // Unions of the library without wrapping take types that plain values tell apart.
  union: fc.tuple(fc.constantFrom('int', 'string', 'boolean', 'double'), tie('record')).map((branches) => ['null', ...branches]),
}));

const LIST = {
  type: 'record',
  name: 'List',
  fields: [
    { name: 'value', type: 'int' },
    { name: 'next', type: ['null', 'List'] },
  ],
};

describe('Avro', () => {
  test('values encoded by another implementation come out as it has them', () => {
    const given: unknown[] = [...fc.sample(schemas.type, { numRuns: 80, seed: 7 }), LIST];
    const input = given.map((schema) => JSON.stringify({ schema, count: 5 })).join('\n');
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, '../support/avsc-oracle.ts')], {
      input,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      env: { PATH: process.env['PATH'] },
    });
    expect([status, stderr]).toEqual([0, '']);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { bytes: string; json: unknown }[]);
    expect(answers).toHaveLength(given.length);
    answers.forEach((values, i) => {
      for (const { bytes, json } of values) expect(readValue(given[i], Buffer.from(bytes, 'base64'))).toEqual(json);
    });
  });

  test('64-bit integers stay exact, decimals are text, names are found in their namespace', () => {
    expect(readValue('long', Buffer.from('feffffffffffffffff01', 'hex'))).toBe('9223372036854775807');
    expect(readValue({ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, Buffer.from('0430d4', 'hex'))).toBe(
      '125.00'.replace('125.00', '125.00'),
    );
    expect(readValue({ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, Buffer.from('02ff', 'hex'))).toBe('-0.01');
    const schema = {
      type: 'record',
      name: 'a.b.R',
      fields: [
        { name: 'x', type: { type: 'enum', name: 'E', symbols: ['ONE', 'TWO'] } },
        { name: 'y', type: 'a.b.E' },
        { name: 'z', type: 'E' },
      ],
    };
    expect(readValue(schema, Buffer.from([0, 2, 0]))).toEqual({ x: 'ONE', y: 'TWO', z: 'ONE' });
  });

  test('a schema may name types of its references', () => {
    const reader = compileAvro('{"type":"record","name":"R","fields":[{"name":"u","type":"com.User"}]}', [
      '{"type":"record","name":"com.User","fields":[{"name":"id","type":"long"}]}',
    ]);
    expect(plain(reader(new AvroBytes(Buffer.from([84]))))).toEqual({ u: { id: 42 } });
  });

  test.each([
    ['a name it does not have', '"Nobody"'],
    ['a record without fields', '{"type":"record","name":"R"}'],
    ['no schema at all', '[[[7]]]'],
    ['nested without end', `${'{"type":"array","items":'.repeat(200)}"int"${'}'.repeat(200)}`],
  ])('a schema with %s is refused', (_what, text) => {
    expect(() => compileAvro(text)).toThrow(DecodeError);
  });

  test('whatever the bytes, reading ends, throws nothing but its own error, and costs no more than the bytes', () => {
    const compiled = [
      ...fc.sample(schemas.type, { numRuns: 40, seed: 11 }),
      LIST,
      { type: 'array', items: 'null' },
      { type: 'map', values: { type: 'array', items: 'null' } },
    ].map((schema) => compileAvro(JSON.stringify(schema)));
    fc.assert(
      fc.property(fc.constantFrom(...compiled), fc.uint8Array({ maxLength: 200 }), (reader, bytes) => {
        try {
          reader(new AvroBytes(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
    // Two thousand million items of no bytes.
    const endless = compileAvro('{"type":"array","items":"null"}');
    expect(() => endless(new AvroBytes(Buffer.from('feffffff0f00', 'hex')))).toThrow(/more values than the bytes could mean/);
  });
});

const framed = (id: number, payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, payload]);
};
const USER = {
  id: 7,
  type: 'AVRO',
  text: '{"type":"record","name":"U","fields":[{"name":"user","type":"string"},{"name":"n","type":"long"}]}',
  references: [],
};
const read = (bytes: Uint8Array, schema?: typeof USER) =>
  decode({ ...aRecord(bytes), ...(schema === undefined ? {} : { schema }) }, DEFAULT_LIMITS);

describe('values in the wire format of a schema registry', () => {
  const alice = Buffer.concat([Buffer.from([10]), Buffer.from('alice'), Buffer.from([6])]);

  test('Avro by its schema', () => {
    expect(read(framed(7, alice), USER)).toMatchObject({ documents: [{ document: { user: 'alice', n: 3 } }], deadLetters: [] });
  });

  test('JSON, with its schema or without, and OTLP in protobuf behind the path of its message', () => {
    const json = Buffer.from('{"a":1}');
    expect(read(framed(1, json), { ...USER, type: 'JSON' }).documents).toMatchObject([{ document: { a: 1 } }]);
    expect(read(framed(1, json)).documents).toMatchObject([{ document: { a: 1 } }]);
    const log = otlpMessage({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { stringValue: 'x' } }] }] }] });
    for (const path of [[0], [4, 0, 2]]) {
      const bytes = framed(9, Buffer.concat([Buffer.from(path), log]));
      expect(read(bytes, { ...USER, type: 'PROTOBUF', text: 'syntax = "proto3";' }).documents).toMatchObject([
        { formatHint: 'otlp.log', document: { body: 'x' } },
      ]);
    }
  });

  test.each([
    ['a schema nobody knows', framed(3, alice), undefined, 'unknown-schema', 1],
    ['too few bytes', framed(7, alice.subarray(0, 3)), USER, 'invalid-avro', 6],
    ['bytes behind the value', framed(7, Buffer.concat([alice, Buffer.from([0])])), USER, 'invalid-avro', 12],
    ['a schema that is none', framed(7, alice), { ...USER, text: '"Nobody"' }, 'invalid-avro', undefined],
    [
      'a message of its own',
      framed(7, Buffer.concat([Buffer.from([0]), message([1, 'text', 'hello'])])),
      { ...USER, type: 'PROTOBUF' },
      'unsupported-encoding',
      undefined,
    ],
  ] as const)('%s is a dead letter with its reason and place', (_what, bytes, schema, reason, at) => {
    const { documents, deadLetters } = read(bytes, schema as typeof USER | undefined);
    expect(documents).toEqual([]);
    expect(deadLetters.map((letter) => [letter.reason, letter.at])).toEqual([[reason, at]]);
  });
});
