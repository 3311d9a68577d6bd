import fc from 'fast-check';
import type { Expr, PatternToken } from '../../src/rule/ir/expr.ts';

// Few words, so that rules and events meet: with letters that fold in odd ways, homoglyphs, surrogates, JSON escapes.
export const words = [
  'a',
  'ab',
  '.exe',
  'cmd',
  'cmd.exe',
  'C:\\Windows\\',
  'powershell',
  'POWERSHELL',
  'straße',
  'STRASSE',
  '\u212Aelvin',
  'kelvin',
  '\u017Fudo',
  'сmd',
  '😀',
  '1',
  '10',
  '10.0',
  '-5',
  '0x1F',
  'true',
  '',
  ' ',
  '"quoted"',
  // What an escape of JSON could be mistaken for.
  '\n',
  'n',
  '\\',
  '\\\\new',
  '80.0',
  '80',
  '10.1.2.3',
  '::ffff:10.1.2.3',
  '2001:db8::1',
  '2026-11-20T08:30:00Z',
];
const fields = ['f', 'g', 'h.i'];
const word = fc.constantFrom(...words);
const scalar = fc.oneof(word, fc.constantFrom<unknown>(1, 10, -5, 1.5, true, false, null, 9007199254740993n.toString()));
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'y'), scalar, { maxKeys: 2 }) },
);
const text = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
export const event = fc.dictionary(fc.constantFrom(...fields, 'h'), fc.oneof(value, text), { maxKeys: 4 });

const wildcard = fc.constantFrom<PatternToken>({ wildcard: 'any' }, { wildcard: 'any' }, { wildcard: 'one' }, { wildcard: 'dash' });
const pattern = fc.oneof(
  word.map((one): PatternToken[] => (one === '' ? [] : [one])),
  word
    .filter((one) => one !== '')
    .chain((one) =>
      fc.constantFrom<PatternToken[]>(
        [{ wildcard: 'any' }, one],
        [one, { wildcard: 'any' }],
        [{ wildcard: 'any' }, one, { wildcard: 'any' }],
      ),
    ),
  fc
    .tuple(
      fc.array(wildcard, { maxLength: 1 }),
      word.filter((one) => one !== ''),
      fc.array(wildcard, { minLength: 1, maxLength: 2 }),
      fc.array(
        word.filter((one) => one !== ''),
        { maxLength: 1 },
      ),
    )
    .map((parts) => parts.flat()),
);
const field = fc.constantFrom(...fields);
const predicate: fc.Arbitrary<Expr> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('text' as const),
      field: fc.oneof({ weight: 5, arbitrary: field }, { weight: 1, arbitrary: fc.constant(null) }),
      pattern,
      cased: fc.boolean(),
    }),
  },
  fc.record({
    op: fc.constant('regex' as const),
    field: fc.oneof(field, fc.constant(null)),
    pattern: fc.constantFrom(
      'cmd',
      '^cmd\\.exe$',
      '(a|b)b?',
      'po.er',
      '(?:cmd|kelvin).{0,3}',
      'x*',
      '[ck]md',
      'a{2,}|1',
      '\\d+',
      'str(a|o)sse|$',
    ),
    flags: fc.constantFrom('', 'i'),
  }),
  fc.record({
    op: fc.constant('number' as const),
    field,
    compare: fc.constantFrom('eq' as const, 'lt' as const, 'gte' as const),
    value: fc.constantFrom<number | bigint>(1, 10, 80, -5, 1.5, 9007199254740993n),
  }),
  fc.record({ op: fc.constant('boolean' as const), field, value: fc.boolean() }),
  fc.record({ op: fc.constantFrom('null' as const, 'exists' as const, 'present' as const), field }),
  fc.record({ op: fc.constant('cidr' as const), field, network: fc.constantFrom('10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32') }),
  fc.record({
    op: fc.constant('fieldref' as const),
    field,
    other: field,
    how: fc.constantFrom('equals' as const, 'contains' as const, 'startswith' as const),
    cased: fc.boolean(),
  }),
  fc.record({
    op: fc.constant('json' as const),
    field,
    operator: fc.constantFrom('equal' as const, 'contains' as const, 'lessThan' as const, 'notEqual' as const, 'doesNotContain' as const),
    value: scalar as fc.Arbitrary<never>,
  }),
  fc.record({
    op: fc.constant('json' as const),
    field,
    operator: fc.constantFrom('in' as const, 'notIn' as const),
    value: fc.array(scalar as fc.Arbitrary<never>, { maxLength: 3 }),
  }),
  fc.record({
    op: fc.constant('time' as const),
    field,
    part: fc.constantFrom('hour' as const, 'week' as const),
    compare: fc.constantFrom('eq' as const, 'gt' as const),
    value: fc.constantFrom(8, 47),
  }),
);
export const { expr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    predicate,
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('expr'), { minLength: 1, maxLength: 4 }) }),
    fc.record({ op: fc.constant('not' as const), of: tie('expr') }),
  ),
}));
