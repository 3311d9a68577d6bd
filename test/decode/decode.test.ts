import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { aRecord } from '../support/an-event.ts';

const read = (text: string | Uint8Array) => decode(aRecord(text), DEFAULT_LIMITS);
const documents = (text: string) => read(text).documents.map(({ document }) => document);

describe('reading a record', () => {
  const dead: [string, string | Uint8Array, string, number | undefined][] = [
    ['cut JSON', '{"a": 1', 'invalid-json', undefined],
    ['broken JSON', '{"a": x}', 'invalid-json', 6],
    ['too large', `{"a": "${'x'.repeat(1024 * 1024)}"}`, 'too-large', undefined],
    ['too deep', `{"a": ${'['.repeat(80)}${']'.repeat(80)}}`, 'too-deep', 69],
    ['a list of numbers', '[1]', 'not-an-object', undefined],
  ];
  test.each(dead)('%s is a dead letter with its reason and place', (_name, text, reason, at) => {
    const { documents: found, deadLetters } = read(text);
    expect(found).toEqual([]);
    expect(deadLetters.map((letter) => [letter.reason, at === undefined ? at : letter.at])).toEqual([[reason, at]]);
  });

  test('integers that a double cannot hold stay exact, and what would be infinite stays text', () => {
    expect(documents('{"a": 9007199254740993, "b": 12, "c": 1e999, "d": 1.5, "e": -9223372036854775808}')).toEqual([
      { a: '9007199254740993', b: 12, c: '1e999', d: 1.5, e: '-9223372036854775808' },
    ]);
  });

  test('blank lines and tombstones are discarded and counted, text is a message', () => {
    expect(read('  \n')).toMatchObject({ documents: [], deadLetters: [], discarded: 1 });
    expect(decode({ ...aRecord(''), bytes: null }, DEFAULT_LIMITS).discarded).toBe(1);
    expect(documents('[warn] disk full\r\n')).toEqual([{ message: '[warn] disk full' }]);
  });

  test('a CloudTrail file comes out as its events, in order', () => {
    expect(read('{"Records": [{"n": 1}, {"n": 2}, 3]}')).toMatchObject({
      documents: [
        { index: 0, document: { n: 1 } },
        { index: 1, document: { n: 2 } },
      ],
      deadLetters: [{ reason: 'not-an-object' }],
    });
  });

  test('keys such as __proto__ are data and change no prototype', () => {
    const [document] = documents('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
    expect(Object.keys(document ?? {})).toContain('__proto__');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('whatever the bytes, nothing throws, and each record is in documents, dead letters or discarded', () => {
    const normalizer = createNormalizer({});
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
      fc
        .tuple(fc.json({ maxDepth: 3 }), fc.nat(50), fc.constantFrom('"', '{', ']', '\\u', '\u0000', '1e9999', 'null'))
        .map(([text, at, put]) => Buffer.from(text.slice(0, at) + put + text.slice(at))),
      fc
        .constantFrom(
          '{"resourceSpans":[{"scopeSpans":[{"spans":[1,null,{"traceId":5,"attributes":[{"key":1}]}]}]}]}',
          '{"Event":{"System":null,"EventData":[]}}',
          '{"Event":{"System":{"EventID":{"#text":{}}}}}',
          '{"winlog":{"channel":[],"event_data":7}}',
          '{"Channel":{},"EventID":[1]}',
          '{"eventSource":"x","eventName":"y","userIdentity":"z"}',
          'Feb 30 25:61:61 h sshd[1]: Failed password for a from b port 99999',
        )
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        const record = aRecord(given);
        const { documents: found, deadLetters, discarded } = decode(record, DEFAULT_LIMITS);
        expect(found.length + deadLetters.length + discarded).toBeGreaterThan(0);
        for (const decoded of found) {
          const event = normalizer.normalize(record, decoded);
          expect(event.toEcs()['@timestamp']).toMatch(/^[-+\d]\d+-\d\d-\d\dT/);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
