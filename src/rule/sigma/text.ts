import type { PatternToken, TextPattern } from '../ir/expr.ts';

export const ANY: PatternToken = { wildcard: 'any' };
const ONE: PatternToken = { wildcard: 'one' };
const DASH: PatternToken = { wildcard: 'dash' };

/**
 * One left-to-right pass over the text as written: `\*` and `\?` are literal, `\\` is one backslash, a backslash before
 * anything else stays. Tokens come first; wildcards that modifiers add are added as tokens afterwards.
 */
export function tokens(raw: string): TextPattern {
  const out: PatternToken[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') out.push(literal);
    literal = '';
  };
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i] as string;
    const next = raw[i + 1];
    if (c === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      i++;
    } else if (c === '*' || c === '?') {
      flush();
      out.push(c === '*' ? ANY : ONE);
    } else literal += c;
  }
  flush();
  return tidy(out);
}

/** Runs of `any` are one, neighbouring literals are one. */
export function tidy(pattern: TextPattern): TextPattern {
  const out: PatternToken[] = [];
  for (const token of pattern) {
    const last = out.at(-1);
    if (typeof token === 'string' && typeof last === 'string') out[out.length - 1] = last + token;
    else if (!(isAny(token) && last !== undefined && isAny(last)) && token !== '') out.push(token);
  }
  return out;
}

export const isAny = (token: PatternToken): boolean => typeof token !== 'string' && token.wildcard === 'any';

/** The text of a pattern without wildcards; undefined if it has any. */
export function literalOf(pattern: TextPattern): string | undefined {
  if (pattern.length === 0) return '';
  const [only] = pattern;
  return pattern.length === 1 && typeof only === 'string' ? only : undefined;
}

const DASHES = new Set(['-', '/', '\u2013', '\u2014', '\u2015']);
const WORD = /^\w$/;

/**
 * A dash that opens a switch (no word character before it, one after it) becomes a token for any of the five dashes, so
 * all combinations match and nothing is multiplied out.
 */
export function dashTokens(pattern: TextPattern): TextPattern {
  const out: PatternToken[] = [];
  for (const token of pattern) {
    if (typeof token !== 'string') {
      out.push(token);
      continue;
    }
    let literal = '';
    const chars = [...token];
    chars.forEach((c, i) => {
      const before = i === 0 ? '' : (chars[i - 1] as string);
      if (DASHES.has(c) && !WORD.test(before) && WORD.test(chars[i + 1] ?? '')) {
        if (literal !== '') out.push(literal);
        literal = '';
        out.push(DASH);
      } else literal += c;
    });
    if (literal !== '') out.push(literal);
  }
  return out;
}
