import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf16, toUtf8 } from '../../src/decode/charset.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { parseJson } from '../../src/decode/parse-json.ts';
import { get } from '../../src/normalize/materialize.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createRedactor } from '../../src/normalize/redact.ts';
import { redactSettings } from '../../src/normalize/redaction-settings.ts';
import { aRecord } from '../support/an-event.ts';

const bytesOf = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const eventOf = (given: string | Uint8Array) => {
  const record = aRecord(given);
  const [decoded, ...more] = decode(record, DEFAULT_LIMITS).documents;
  if (decoded === undefined || more.length > 0) throw new Error('not one event');
  return createNormalizer({}).normalize(record, decoded);
};

describe('bytes that are no UTF-8', () => {
  test('a bad byte becomes the letter it is in Latin-1, and everything around it stays', () => {
    const cases: [Uint8Array, string][] = [
      [bytesOf('M', 0xfc, 'ller'), 'Müller'],
      [bytesOf('Mü', 0xfc, 'ller'), 'Müüller'],
      [bytesOf('a', 0x80, 0x9b, 'b'), 'a\ufffd\ufffdb'],
      [bytesOf('a', 0xe2, 0x82), 'aâ\ufffd'],
      [bytesOf('a', 0xed, 0xa0, 0x80), 'aí\u00a0\ufffd'],
      [bytesOf(0xf4, 0x90, 0x80, 0x80), 'ô\ufffd\ufffd\ufffd'],
      [bytesOf(0xc0, 0xaf), 'À¯'],
    ];
    for (const [bytes, expected] of cases) expect([toUtf8(bytes).repaired, text(toUtf8(bytes).bytes)]).toEqual([true, expected]);
  });

  test('well-formed text is left as it is, whatever it is, and nothing else is', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const isText = (bytes: Uint8Array): boolean => {
      try {
        decoder.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }).map((one) => Buffer.from(one)),
      fc.uint8Array({ maxLength: 4 }),
      fc.constantFrom(0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff).map((one) => Uint8Array.of(one, 0x80)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const bytes = Buffer.concat([Buffer.from('x'), ...pieces]);
        const { bytes: out, repaired } = toUtf8(bytes);
        expect(repaired).toBe(!isText(bytes));
        expect(isText(out)).toBe(true);
        // ASCII, which most rules ask for, is all there and in its order.
        const ascii = (given: Uint8Array): string => Buffer.from(given.filter((byte) => byte < 0x80)).toString();
        expect(ascii(out)).toBe(ascii(bytes));
        if (!repaired) expect(Buffer.compare(out, bytes)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test('a line or a document with a bad byte is an event that rules see, with a tag and the bytes it came in', () => {
    const line = bytesOf('Nov 20 08:00:00 h sshd[1]: Failed password for M', 0xfc, 'ller from 192.0.2.7 port 22 ssh2');
    const event = eventOf(line);
    expect(event.route.format).toBe('linux.auth');
    expect(event.field('user.name')).toBe('Müller');
    expect(event.field('wardline.parse.tags')).toEqual(['invalid_utf8']);
    const document = event.toEcs();
    expect(get(document, 'wardline.parse.tags')).toContain('invalid_utf8');
    expect(Buffer.from(String(get(document, 'wardline.original_base64')), 'base64')).toEqual(line);
    expect(get(document, 'event.original')).toBe(text(toUtf8(line).bytes));
    const json = eventOf(bytesOf('{"Channel":"Security","EventID":4688,"Image":"C:\\\\t', 0xff, '\\\\mimikatz.exe"}'));
    expect([json.field('Image'), json.tags]).toEqual(['C:\\tÿ\\mimikatz.exe', ['broker_time', 'invalid_utf8']]);
  });

  test('redaction leaves the bytes out with the text', () => {
    const event = eventOf(bytesOf('Nov 20 08:00:00 h sshd[1]: Failed password for M', 0xfc, 'ller from 192.0.2.7 port 22 ssh2'));
    const redactor = createRedactor(redactSettings.parse({ fields: [{ field: 'user.name', with: 'mask' }] }));
    expect(get(redactor?.of(event).document(event.toEcs()) ?? {}, 'wardline.original_base64')).toBeUndefined();
  });

  test.each([1, 4, 5, 300])('%i zero bytes in front hide no line, as they stand where a log was cut under its writer', (count) => {
    const line = Buffer.from('Nov 20 08:00:00 h sshd[1]: Failed password for root from 192.0.2.7 port 22 ssh2');
    expect(eventOf(Buffer.concat([Buffer.alloc(count), line])).field('user.name')).toBe('root');
    expect(eventOf(Buffer.concat([Buffer.alloc(count), Buffer.from('{"user":"root"}')])).field('user')).toBe('root');
    expect(decode(aRecord(Buffer.alloc(count)), DEFAULT_LIMITS).documents).toEqual([]);
  });

  test('UTF-16 with its mark is read in either order', () => {
    const units = Buffer.from('{"a":"Zürich ☂ 𝄞"}', 'utf16le');
    const little = Buffer.concat([Buffer.of(0xff, 0xfe), units]);
    const big = Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from(units).swap16()]);
    for (const bytes of [little, big])
      expect(decode(aRecord(bytes), DEFAULT_LIMITS).documents).toMatchObject([{ document: { a: 'Zürich ☂ 𝄞' } }]);
    expect(text(fromUtf16(Buffer.of(0x41, 0, 0x42), 'little'))).toBe('A');
  });
});

describe('JSON that readers read differently', () => {
  const tags = (given: string): readonly string[] | undefined => decode(aRecord(given), DEFAULT_LIMITS).documents[0]?.tags;

  test.each([
    ['{"a":1,"a":2}', ['duplicate_key']],
    ['{"a":{"b":[{"c":1,"\\u0063":2}]}}', ['duplicate_key']],
    ['{"__proto__":1,"__proto__":2}', ['duplicate_key']],
    ['{"a":1e999}', ['number_range']],
    [`{"a":${'9'.repeat(400)}.5}`, ['number_range']],
    ['{"a":1,"a":-1e999}', ['duplicate_key', 'number_range']],
    ['{"a":{"b":1},"b":{"a":1},"c":[{"a":1},{"a":1}],"d":"\\"x\\":1","e":null}', undefined],
    ['{"a":9007199254740993,"b":1e99,"c":12345678901234567890.5}', undefined],
    [`{"a":"${'x'.repeat(65_537)}"}`, ['truncated']],
    [`{"a":"${'x'.repeat(40_000)}","b":"${'y'.repeat(40_000)}"}`, undefined],
  ])('%.60s', (given, expected) => expect(tags(given)).toEqual(expected));

  test('what would be infinite stays text, the last of two keys counts', () => {
    expect(parseJson(Buffer.from('{"a":1,"a":1e999}'), 64)).toMatchObject({ value: { a: '1e999' } });
    expect(JSON.stringify(parseJson(Buffer.from(`{"a":${'9'.repeat(400)}.5}`), 64))).toContain('99.5"');
  });

  test('a key is found twice exactly where a writer put it twice', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.constantFrom('1', '"x:y"', 'null', '1.5e3'), tie('object'), tie('list')),
      list: fc.array(tie('value') as fc.Arbitrary<Written>, { maxLength: 3 }).map((all) => ({
        text: `[${all.map(textOf).join(',')}]`,
        twice: all.some(isTwice),
      })),
      object: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), tie('value') as fc.Arbitrary<Written>), { maxLength: 4 }).map((all) => ({
        text: `{${all.map(([key, one]) => `"${key}" : ${textOf(one)}`).join(',')}}`,
        twice: all.some(([key, one], i) => all.findIndex(([other]) => other === key) < i || isTwice(one)),
      })),
    }));
    fc.assert(
      fc.property(value.object as fc.Arbitrary<Written>, (one) => {
        const parsed = parseJson(Buffer.from(textOf(one)), 64);
        if ('reason' in parsed) throw new Error(parsed.detail);
        expect(parsed.tags.includes('duplicate_key')).toBe(isTwice(one));
      }),
      { numRuns: 1000 },
    );
  });
});

type Written = string | { readonly text: string; readonly twice: boolean };
const textOf = (one: Written): string => (typeof one === 'string' ? one : one.text);
const isTwice = (one: Written): boolean => typeof one !== 'string' && one.twice;

describe('limits that were silent', () => {
  test('a line that is longer than its format reads says so', () => {
    const long = `Nov 20 08:00:00 h sshd[1]: Failed password for root from 192.0.2.7 port 22 ssh2${' '.repeat(20_000)}hidden`;
    expect(eventOf(long).tags).toContain('truncated');
    expect(eventOf(long).field('wardline.parse.tags')).toEqual(['truncated']);
    expect(eventOf(long.slice(0, 100)).tags).not.toContain('truncated');
  });

  test('a time that is not believed is kept as a claim, with how far it is ahead', () => {
    const document = eventOf('{"time":"2026-11-20T12:00:00Z","a":1}').toEcs();
    expect(document['@timestamp']).toBe('2026-11-20T08:00:00.000Z');
    expect(document['wardline']).toMatchObject({
      broker_time: '2026-11-20T08:00:00.000Z',
      claimed_time: '2026-11-20T12:00:00.000Z',
      clock_skew_ms: 14_400_000,
      parse: { tags: ['future_time'] },
    });
    expect(eventOf('{"time":"2026-11-20T07:59:00Z"}').toEcs()['wardline']).not.toHaveProperty('claimed_time');
  });

  test('a line cannot write tags of its own into the event', () => {
    expect(eventOf('ts=2026-11-20T07:59:00Z level=info wardline.parse.tags=duplicate_key').tags).toEqual([]);
  });
});
