import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlob, globMatches } from '../../src/detect/glob.ts';
import { mayContain } from '../../src/detect/long-texts.ts';
import { textTest } from '../../src/detect/text-test.ts';
import type { PatternToken, TextPattern } from '../../src/rule/ir/expr.ts';
import { fold } from '../../src/shared/fold.ts';

// Few letters, so that segments overlap and meet at the wrong place first; a character of two units, and its halves apart.
const letter = fc.constantFrom('a', 'b', '-', '/', '\u2014', '😀', 'é', '\ud83d', '\ude00');
const text = fc.array(letter, { maxLength: 14 }).map((letters) => letters.join(''));
const literal = fc.array(fc.constantFrom('a', 'b', '-', '😀', 'é'), { minLength: 1, maxLength: 3 }).map((letters) => letters.join(''));
const wildcard = fc.constantFrom<PatternToken>({ wildcard: 'any' }, { wildcard: 'any' }, { wildcard: 'one' }, { wildcard: 'dash' });
/** Never two literals in a row. */
const pattern = fc
  .array(fc.oneof(literal, wildcard), { maxLength: 7 })
  .map((tokens) => tokens.filter((token, i): token is PatternToken => typeof token !== 'string' || typeof tokens[i - 1] !== 'string'));

describe('the test of a text that a pattern becomes', () => {
  test('says what the glob says, whatever is looked for first', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (tokens: TextPattern, texts) => {
        const holds = textTest(tokens);
        const glob = compileGlob(tokens);
        for (const one of texts) expect([one, holds(one)]).toEqual([one, globMatches(glob, one)]);
      }),
      { numRuns: 4000 },
    );
  });

  test('says the same of long texts, in which words are noted', () => {
    const parts = fc.array(fc.oneof(text, fc.constantFrom('powershell', 'ſudo', '中文字符', '\0\0\0\0')), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.nat(3), (words, at) => {
        const long = `${words.join(' ')}${'x'.repeat(20_000)}${words.toReversed().join('\\')}`;
        const inside = [0, 7, 19_990, long.length - 9].map((from) => long.slice(from + at, from + at + 8));
        for (const sought of [...inside, ...words, 'powershell', 'nowhere', 'xxxxx', '字符中文'])
          for (let asked = 0; asked < 20; asked++) {
            const has = long.includes(sought);
            expect(has && !mayContain(long, sought)).toBe(false);
            expect(textTest([{ wildcard: 'any' }, sought, { wildcard: 'any' }])(long)).toBe(has);
          }
      }),
      { numRuns: 60 },
    );
  });
});

describe('letter case', () => {
  /** The definition: each code point alone, what would grow or shrink stays. */
  const foldOne = (char: string): string => {
    const single = (other: string, otherwise: string) => ([...other].length === 1 && other.length === char.length ? other : otherwise);
    const upper = single(char.toUpperCase(), char);
    return char === '\u0131' ? char : single(upper.toLowerCase(), single(char.toLowerCase(), char));
  };

  test('is folded code point by code point, halves of pairs and zeros included', () => {
    const char = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      letter,
      fc.constantFrom('K', 'ſ', 'Σ', 'ς', 'İ', 'ı', '𐐀', '\0'),
    );
    fc.assert(
      fc.property(fc.array(char, { maxLength: 60 }), (chars) => {
        const one = chars.join('');
        expect(fold(one)).toBe([...one].map(foldOne).join(''));
      }),
      { numRuns: 2000 },
    );
  });

  test('of every code point is that of its definition', () => {
    for (let code = 0; code < 0x110000; code++) {
      const char = String.fromCodePoint(code);
      if (fold(`é${char}`) !== `é${foldOne(char)}`) expect([code.toString(16), fold(char)]).toEqual([code.toString(16), foldOne(char)]);
    }
  });
});
