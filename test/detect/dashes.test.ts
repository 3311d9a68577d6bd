import { expect, test } from 'vitest';
import { DASHES, withoutDashes } from '../../src/detect/dashes.ts';
import { isDash } from '../../src/detect/glob.ts';
import type { Expr, TextPattern } from '../../src/rule/ir/expr.ts';

const [any, dash, one] = [{ wildcard: 'any' }, { wildcard: 'dash' }, { wildcard: 'one' }] as const;
const text = (pattern: TextPattern): Expr => ({ op: 'text', field: 'f', cased: false, pattern });

test('a dash is what globs take for one', () => {
  const units = Array.from({ length: 65_536 }, (_, unit) => unit);
  expect(units.filter(isDash).map((unit) => String.fromCharCode(unit))).toEqual([...DASHES].sort());
});

test('a pattern with one dash is any of five texts, in one list with its neighbours', () => {
  const plain = text(['b']);
  const texts = DASHES.map((char) => text([any, ` ${char}e `, any]));
  expect(withoutDashes({ op: 'or', of: [plain, text([any, ' ', dash, 'e ', any])] })).toEqual({ op: 'or', of: [plain, ...texts] });
  expect(withoutDashes({ op: 'not', of: text([dash]) })).toEqual({ op: 'not', of: { op: 'or', of: DASHES.map((char) => text([char])) } });
});

test.each([[[dash, 'a', dash]], [[dash, one]], [['a', any]]])(
  'what would be too many texts, or has no dash, stays as it is: %j',
  (pattern) => {
    const expr = text(pattern as TextPattern);
    expect(withoutDashes(expr)).toBe(expr);
  },
);
