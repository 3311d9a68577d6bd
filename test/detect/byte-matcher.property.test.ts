import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/decode/decode.ts';
import { createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { KeyTree } from '../../src/detect/bytes/key-tree.ts';
import { Machine } from '../../src/detect/bytes/machine.ts';
import { PaddedBytes } from '../../src/detect/bytes/padded-bytes.ts';
import { Tokenizer } from '../../src/detect/bytes/tokenizer.ts';
import { SAMPLES } from '../../src/detect/group.ts';
import { createMatchBuffer } from '../../src/detect/matcher.ts';
import { evaluate } from '../../src/detect/reference.ts';
import { labelFor } from '../../src/detect/routing.ts';
import { createNormalizer, type NormalizerSettings } from '../../src/normalize/normalizer.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import type { Expr } from '../../src/rule/ir/expr.ts';
import type { Detection } from '../../src/rule/ir/rule.ts';
import { fold } from '../../src/shared/fold.ts';
import { aDetection, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { eventsOf, NOON_MS } from '../support/an-event.ts';
import { event, expr, words } from './generated.ts';

const base = aDetection({ s: { f: 'x' }, condition: 's' });
const ruleOf = (one: Expr, i: number): Detection => ({ ...base, id: `r${i}`, expr: one });

/** Choices of a writer: an endless list of small numbers. */
const choices = fc.array(fc.nat(99), { minLength: 8, maxLength: 40 });

/** Writes a document in one of the many ways JSON allows: escapes, white space, numbers, keys written twice. */
function writeAgain(value: unknown, numbers: readonly number[]): string {
  let at = 0;
  const next = (): number => numbers[at++ % numbers.length] as number;
  const blank = (): string => ['', '', '', ' ', '\n', '\t '][next() % 6] as string;
  const text = (one: string): string => {
    let out = '"';
    for (let i = 0; i < one.length; i++) {
      const n = next();
      if (n < 3) out += `\\u${one.charCodeAt(i).toString(16).padStart(4, '0')}`;
      else if (one[i] === '/' && n < 50) out += '\\/';
      else out += JSON.stringify(one[i] as string).slice(1, -1);
    }
    return `${out}"`;
  };
  const whole = (one: string): string => (next() < 80 ? JSON.stringify(one) : text(one));
  const number = (one: number): string => (next() < 70 ? JSON.stringify(one) : Number.isInteger(one) ? `${one}.0` : `${one * 10}e-1`);
  const write = (one: unknown): string => {
    if (typeof one === 'string') return whole(one);
    if (typeof one === 'number') return number(one);
    if (Array.isArray(one)) return `[${blank()}${one.map(write).join(`${blank()},${blank()}`)}]`;
    if (typeof one !== 'object' || one === null) return JSON.stringify(one);
    const members = Object.entries(one).flatMap(([key, inner]) => {
      const member = `${blank()}${next() < 95 ? JSON.stringify(key) : text(key)}${blank()}:${blank()}${write(inner)}${blank()}`;
      return next() < 5 ? [`"${key}":${JSON.stringify(numbers)}`, member] : [member];
    });
    return `{${members.join(',')}}${blank()}`;
  };
  return write(value);
}

/** One matcher against a plain reading of the decoded event; counts what it left to the decoder. */
function createComparison(rules: readonly Detection[], settings: NormalizerSettings) {
  const routes = createRouteTable();
  const { decisions } = createNormalizer(settings, routes);
  const matcher = createByteMatcher(rules, DEFAULT_LIMITS);
  const found = createMatchBuffer();
  return (line: string): 'decided' | 'left' => {
    found.count = 0;
    const route = matcher.match(Buffer.from(line), decisions, found);
    if (route === undefined) {
      expect(found.count).toBe(0);
      return 'left';
    }
    const [decoded, ...more] = eventsOf(line, settings, routes);
    if (decoded === undefined) throw new Error(`taken as an event, but decodes to none: ${line}`);
    expect(more).toEqual([]);
    expect(route).toBe(decoded.route);
    const { time, tags } = matcher.time(decisions, NOON_MS);
    expect([time, tags]).toEqual([decoded.time, decoded.tags]);
    const wanted = rules.filter(({ logsource, expr: one }) => {
      const label = labelFor(logsource, decoded.route);
      return label !== null && evaluate(one, decoded, label);
    });
    expect([...found.rules.subarray(0, found.count)].map((i) => rules[i]?.id).sort()).toEqual(wanted.map(({ id }) => id).sort());
    return 'decided';
  };
}

describe('the matcher on bytes', () => {
  test('finds exactly the rules that a plain reading of the decoded event finds, however the event is written', () => {
    const seen = { decided: 0, left: 0 };
    fc.assert(
      fc.property(
        fc.array(expr, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(event, choices), { minLength: 1, maxLength: 6 }),
        (exprs, documents) => {
          const compare = createComparison(exprs.map(ruleOf), { format: 'json', logsource: TEST_LOGSOURCE });
          const lines = documents.flatMap(([document, numbers]) => [JSON.stringify(document), writeAgain(document, numbers)]);
          for (let round = 0; round * lines.length <= SAMPLES + lines.length; round++) for (const line of lines) seen[compare(line)]++;
        },
      ),
      { numRuns: 300 },
    );
    // Most lines are decided on bytes, or this test would say nothing about them.
    expect(seen.decided).toBeGreaterThan(4 * seen.left);
  });

  test('answers every kind of question about every kind of value', () => {
    const at = { field: 'f' } as const;
    const questions: readonly Expr[] = [
      ...(['eq', 'lt', 'lte', 'gt', 'gte'] as const).flatMap((compare) =>
        [-5, 0, 5, 80, 1e12].map((value): Expr => ({ op: 'number', ...at, compare, value })),
      ),
      ...['10.0.0.0/8', '10.128.0.0/9', '10.1.2.3/32', '0.0.0.0/0', '192.168.4.0/22', '::1/128', 'fe80::/10'].map(
        (network): Expr => ({ op: 'cidr', ...at, network }),
      ),
      ...(['equals', 'contains', 'startswith'] as const).map((how): Expr => ({ op: 'fieldref', ...at, other: 'g', how, cased: false })),
      { op: 'fieldref', ...at, other: 'g', how: 'equals', cased: true },
      { op: 'null', ...at },
      { op: 'exists', ...at },
      { op: 'present', ...at },
      { op: 'boolean', ...at, value: true },
      ...words.flatMap((word): Expr[] =>
        [[], ['any', ''], ['', 'any'], ['any', '', 'any']].map((form) => ({
          op: 'text',
          ...at,
          cased: false,
          pattern: form.length === 0 ? [word] : form.map((one) => (one === '' ? word : ({ wildcard: 'any' } as const))),
        })),
      ),
      ...['[0-9]+\\.exe', 'cmd|power', 'ab?c*d', '\\\\new'].map((pattern): Expr => ({ op: 'regex', ...at, pattern, flags: 'i' })),
      ...[['', ' ', '~', 'e', ''], ['~', 'e'], ['', '~'], ['~', ''], ['~'], ['a', '~', 'b', '~', 'c'], ['', 'ß', '~', 'e', '']].flatMap(
        (texts): Expr[] =>
          [false, true].map((cased) => ({
            op: 'text',
            ...at,
            cased,
            pattern: texts.map((one) =>
              one === '' ? ({ wildcard: 'any' } as const) : one === '~' ? ({ wildcard: 'dash' } as const) : one,
            ),
          })),
      ),
      ...[
        ['', 'cmd', '', 'exe', ''],
        ['', 'c', '', 'c', ''],
        ['', '.exe', '', 'cmd', ''],
        ['c', '', 'e'],
        ['cmd', '', 'exe'],
        ['', 'n', '', '\\', ''],
        ['', '"', '', 'd"'],
        ['c:\\', '', 'ws\\'],
        ['ab', '', 'b'],
        ['', 'straße', '', 'x', ''],
      ].flatMap((texts): Expr[] =>
        [false, true].map((cased) => ({
          op: 'text',
          ...at,
          cased,
          pattern: texts.map((one) => (one === '' ? ({ wildcard: 'any' } as const) : one)),
        })),
      ),
      { op: 'or', of: [1, 5, 80, -5, 7].map((value): Expr => ({ op: 'number', ...at, compare: 'eq', value })) },
    ];
    const values: readonly unknown[] = [
      ...words,
      ...[-6, -5, -4, 0, 4, 5, 6, 79, 80, 81, 1.5, 5, 1e12, true, false, null, '05', '5.0', '5 ', '-', '5x', '1000000000000', 'TRUE'],
      ...['10.1.2.3', '10.200.0.1', '11.1.2.3', '010.1.2.3', '10.1.2', '10.1.2.3.4', '256.1.1.1', '10.1.2.3 ', '1..2.3', '192.168.7.255'],
      ...[
        '192.168.8.0',
        '::1',
        'FE80::1%eth0',
        '::ffff:10.1.2.3',
        '255.255.255.255',
        'a:b',
        'ŞTRAßE',
        'şTRAßE',
        '\\',
        'a\\',
        '\\\\',
        '"\\',
      ],
      ...['-', '/', '–', '—', '―'].flatMap((dash) => [
        dash,
        `x ${dash}e y`,
        `x ${dash}E`,
        `${dash}e`,
        `a${dash}b${dash}c`,
        `ß${dash}e`,
        `é ${dash}`,
      ]),
      ...['cmd.exe cmd', 'exe cmd', 'cmd exe', 'cc', 'CMD.EXE', 'n\\', '\nn\\', '"quoted"d"', 'straßex', 'C:\\ws\\', 'C:\\s\\', 'abb'],
      ...[['cmd.exe', '5'], { x: 5 }, [{ i: 5 }], [], ['ab', 'cd.exe']],
    ];
    const nested: Expr = { op: 'text', field: 'h.i', pattern: ['x'], cased: false };
    const rules = [...questions, ...questions.map((of): Expr => ({ op: 'not', of })), nested, { op: 'not', of: nested } as const].map(
      // What every event has brings them up, so that nothing but the question decides.
      (one, i) => ruleOf({ op: 'and', of: [{ op: 'text', field: 'k', pattern: ['always there'], cased: false }, one] }, i),
    );
    const compare = createComparison(rules, { format: 'json', logsource: TEST_LOGSOURCE });
    const all = { k: 'always there' };
    const documents: readonly object[] = [
      all,
      ...values.flatMap((f) => [
        { ...all, f },
        { ...all, f, g: f },
        { ...all, f, g: typeof f === 'string' ? f.toUpperCase() : String(f) },
      ]),
      ...['x', ['x'], { i: 'x' }, [{ i: 'x' }], { i: ['x'] }, { i: null }].map((h) => ({ ...all, h })),
      { ...all, 'h.i': 'x', h: [{ i: 'y' }] },
    ];
    for (const document of documents) expect(compare(JSON.stringify(document))).toBe('decided');
  });

  test('loses no candidate when its memory grows while rules are compiled', () => {
    const contains = (text: string): Expr => ({
      op: 'text',
      field: 'f',
      pattern: [{ wildcard: 'any' }, text, { wildcard: 'any' }],
      cased: false,
    });
    const exprs = Array.from({ length: 1500 }, (_, n): Expr => {
      const words = Array.from({ length: 6 }, (_, k) => contains(`word${n}of${k}`));
      return { op: 'and', of: [contains('something'), { op: 'not', of: { op: 'or', of: words } }] };
    });
    const compare = createComparison(exprs.map(ruleOf), { format: 'json', logsource: TEST_LOGSOURCE });
    for (const f of ['something', 'something word7of3', 'Something Word1499of0', 'nothing'])
      expect(compare(JSON.stringify({ f }))).toBe('decided');
  });

  test('recognises Windows events and folds channel and event id as the normalizer does', () => {
    const windows = ruleOf({ op: 'text', field: 'Image', pattern: [{ wildcard: 'any' }, '\\cmd.exe'], cased: false }, 0);
    const rules: Detection[] = [
      { ...windows, logsource: { product: 'windows', category: 'process_creation' } },
      { ...windows, id: 'r1', logsource: { product: 'windows', service: 'security' } },
    ];
    const compare = createComparison(rules, {});
    const flat = { Channel: 'Security', EventID: 4688, NewProcessName: 'C:\\cmd.exe', '@timestamp': '2026-11-20T07:00:00Z' };
    const documents = [
      flat,
      { ...flat, Channel: 'security' },
      { ...flat, EventID: '4688' },
      { ...flat, EventID: 4624 },
      { ...flat, EventID: 12, EventType: 'CreateKey' },
      { ...flat, NewProcessName: undefined, Image: 'C:\\CMD.EXE' },
      { Event: { System: { Channel: 'Security', EventID: { '#text': 4688 } }, EventData: { NewProcessName: 'c:\\cmd.exe' } } },
      { winlog: { channel: 'Security', event_id: 4688, event_data: { 'New Process Name': 'c:\\cmd.exe' } } },
      { 'winlog.channel': 'Security', winlog: { event_id: 4688 }, Channel: 'x', EventID: 1 },
    ];
    for (const document of documents) expect(compare(JSON.stringify(document))).toBe('decided');
  });

  test.each([
    ['several events', '{"Records":[{"Channel":"Security","EventID":1}]}'],
    ['a list', '[{"Channel":"Security","EventID":1}]'],
    ['a format that only a document tells', '{"eventSource":"s3.amazonaws.com","eventName":"GetObject"}'],
    ['an escape in a key', '{"Ch\\u0061nnel":"Security","EventID":1}'],
    ['a line of text', 'Channel=Security EventID=1'],
    ['broken JSON', '{"Channel":"Security","EventID":1'],
    ['bytes that are no UTF-8', Buffer.from([...Buffer.from('{"Channel":"Security","EventID":1,"x":"'), 0xff, 0x22, 0x7d])],
  ])('leaves %s to the decoder', (_, line) => {
    const matcher = createByteMatcher([base], DEFAULT_LIMITS);
    const { decisions } = createNormalizer({});
    expect(matcher.match(Buffer.from(line), decisions, createMatchBuffer())).toBeUndefined();
  });
});

describe('the tokenizer', () => {
  const aTokenizer = () => {
    const machine = new Machine();
    return { tokenizer: new Tokenizer(new KeyTree(machine), 64), padded: new PaddedBytes(machine, 64) };
  };
  const accepts = ({ tokenizer, padded }: ReturnType<typeof aTokenizer>, bytes: Buffer): boolean => {
    padded.set(bytes);
    return tokenizer.run(padded);
  };
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  test('accepts no text that JSON.parse refuses', () => {
    const tokenizer = aTokenizer();
    let accepted = 0;
    fc.assert(
      fc.property(
        event,
        choices,
        fc.nat(),
        fc.constantFrom('', '"', '\\', '{', '}', ']', ',', ':', '0', '-', '.', 'e', '\t', '\u0001', 't', ' '),
        (document, numbers, place, char) => {
          const text = writeAgain(document, numbers);
          const at = place % (text.length + 1);
          for (const changed of [
            text,
            text.slice(0, at) + char + text.slice(at),
            text.slice(0, at) + char + text.slice(at + 1),
            text.slice(0, at),
          ]) {
            if (!accepts(tokenizer, Buffer.from(changed))) continue;
            accepted++;
            expect(parses(changed)).toBe(true);
          }
        },
      ),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(2500);
  });

  test.each([
    ['{"a":01}', false],
    ['{"a":-}', false],
    ['{"a":1.}', false],
    ['{"a":1e}', false],
    ['{"a":tru}', false],
    ['{"a":1,}', false],
    ['{"a":[1,]}', false],
    ['{,}', false],
    ['{"a" 1}', false],
    ['{"a":"\\x"}', false],
    ['{"a":"\\u12g4"}', false],
    ['{"a":"\n"}', false],
    ['{"a":1]', false],
    ['{"a":[1}', false],
    ['{"a":1}{', false],
    ['{}', true],
    [' { "a" : [ ] , "b" : { } } ', true],
    ['{"a":[[],[{}],-0.5e+3,null,true,false,"\\u00e9\\/"]}', true],
  ])('%s: %s', (text, expected) => {
    expect(accepts(aTokenizer(), Buffer.from(text))).toBe(expected);
    expect(parses(text)).toBe(expected);
  });

  test('reads nothing of a longer line before', () => {
    const tokenizer = aTokenizer();
    for (const [before, line] of [
      ['{"a":12}', '{"a":1'],
      ['{"a":"b"}   }', '{"a":"b"'],
      ['{"a":"b","c":"d"}', '{"a":"'],
    ] as const) {
      expect(accepts(tokenizer, Buffer.from(before))).toBe(parses(before));
      expect(accepts(tokenizer, Buffer.from(line))).toBe(false);
    }
    expect(accepts(tokenizer, Buffer.from('{"a":"a long text that is written twice over"}'))).toBe(true);
    expect(accepts(tokenizer, Buffer.from('{"a":1}'))).toBe(true);
  });

  test('goes as deep as the decoder does', () => {
    const nested = (depth: number): Buffer => Buffer.from(`{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
    const tokenizer = aTokenizer();
    expect(accepts(tokenizer, nested(64))).toBe(true);
    expect(accepts(tokenizer, nested(65))).toBe(false);
  });

  test('two characters beyond ASCII fold to ASCII, and it knows both', () => {
    const found: string[] = [];
    for (let code = 0x80; code <= 0x10ffff; code++) {
      const char = String.fromCodePoint(code);
      if (fold(char).charCodeAt(0) < 0x80) found.push(char);
    }
    expect(found).toEqual(['\u017f', '\u212a']);
    const tokenizer = aTokenizer();
    for (const [text, hidden] of [
      ['\u017f', true],
      ['\u212a', true],
      ['\u017e', false],
      ['\u212b', false],
    ] as const) {
      accepts(tokenizer, Buffer.from(JSON.stringify({ a: text })));
      expect(tokenizer.tokenizer.hidden).toBe(hidden);
    }
  });
});
