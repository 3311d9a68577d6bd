import { describe, expect, test } from 'vitest';
import { createByteIndex } from '../../src/detect/bytes/byte-index.ts';
import { Machine } from '../../src/detect/bytes/machine.ts';
import { compileGlob, globMatches } from '../../src/detect/glob.ts';
import { createFieldIndex } from '../../src/detect/literal-index.ts';
import { textTest } from '../../src/detect/text-test.ts';
import { hasUnitsOf, noteUnits } from '../../src/detect/units.ts';
import type { TextPattern } from '../../src/rule/ir/expr.ts';

const ONES = [...'abcxyz-/ äößеорсѕ中文', '😀', '😈', '💀'];
/** One to four characters of few, so that most are in some of the texts and not in others. */
const LITERALS = ONES.flatMap((one, i) => [one, `${one}${ONES[(i * 7) % ONES.length]}`, `${ONES[(i * 3) % ONES.length]}${one}c`]);
const TEXTS = Array.from({ length: 60 }, (_, n) => Array.from({ length: n }, (_unused, k) => ONES[(n * k + k * k) % ONES.length]).join(''));

const entries = [...new Set(LITERALS)].map((text, i) => ({ kind: 'contains' as const, text, rules: Int32Array.of(i) }));

describe('many short literals in one field', () => {
  test('are all found in folded text, and no others', () => {
    const index = createFieldIndex(entries, []);
    for (const text of TEXTS) {
      const found = new Set<number>();
      index.scan(text, (rules) => {
        for (const rule of rules) found.add(rule);
      });
      expect([...found].sort((a, b) => a - b)).toEqual(entries.flatMap((one, i) => (text.includes(one.text) ? [i] : [])));
    }
  });

  test('those beyond ASCII in folded text by the index over bytes', () => {
    const machine = new Machine();
    const fired: number[] = [];
    const run = machine.run as { fire: (rules: number) => void };
    Object.defineProperty(machine, 'run', {
      value: { ...run, fire: (rules: number) => fired.push(machine.words[(rules >> 2) + 1] as number) },
    });
    const index = createByteIndex(machine, entries, []);
    const wide = entries.filter(({ text }) => Buffer.byteLength(text) > text.length);
    for (const text of TEXTS) {
      fired.length = 0;
      index.scanWide(text);
      expect(fired.sort((a, b) => a - b)).toEqual(wide.flatMap(({ text: one, rules }) => (text.includes(one) ? [rules[0]] : [])));
    }
  });
});

test('the units of a text are those of no other', () => {
  noteUnits('abc😀');
  expect(['cab', '😀', 'abd', '', '😈'].map(hasUnitsOf)).toEqual([true, true, false, true, false]);
  noteUnits('d');
  expect(['a', 'd'].map(hasUnitsOf)).toEqual([false, true]);
});

describe('literals with a dash between them', () => {
  const [any, dash] = [{ wildcard: 'any' }, { wildcard: 'dash' }] as const;
  const pieces = ['', 'a', 'ab', '-', ' -a'];
  const patterns = pieces.flatMap((before) =>
    pieces.map((after): TextPattern => [any, ...(before === '' ? [] : [before]), dash, ...(after === '' ? [] : [after]), any]),
  );

  test('are found where a glob finds them', () => {
    const texts = [...'-/–—―a'].flatMap((x) => [
      x,
      `a${x}`,
      `${x}a`,
      `a${x}ab`,
      `ab${x}b`,
      ` -a${x}a`,
      `aab${x}-a`,
      `--${x}-`,
      `a${x} -a`,
      `x${x}a${x}ab`,
    ]);
    for (const pattern of patterns) {
      const holds = textTest(pattern);
      const glob = compileGlob(pattern);
      for (const one of texts) expect([pattern, one, holds(one)]).toEqual([pattern, one, globMatches(glob, one)]);
    }
  });
});

describe('literals with anything between them', () => {
  const any = { wildcard: 'any' } as const;
  const PIECES = ['a', 'ab', 'b', 'aba', 'ba'];
  const WORDS = ['', 'a', 'b', 'ab', 'ba', 'aba', 'abab', 'baba', 'aabb', 'abba', 'ababa', 'bab', 'aab', 'abbaab'];
  const patterns: TextPattern[] = PIECES.flatMap((x) =>
    PIECES.flatMap((y) =>
      PIECES.flatMap((z): TextPattern[] => [
        [x, any, y],
        [x, any, y, any, z],
        [any, x, any, y],
        [x, any, y, any],
        [any, x, any, y, any],
        [any, x, any, y, any, z, any],
      ]),
    ),
  );

  test('are found as a regular expression finds them', () => {
    for (const pattern of patterns) {
      const holds = textTest(pattern);
      const regex = new RegExp(`^${pattern.map((token) => (typeof token === 'string' ? token : '.*')).join('')}$`, 's');
      for (const word of WORDS) expect([pattern, word, holds(word)]).toEqual([pattern, word, regex.test(word)]);
    }
  });
});
