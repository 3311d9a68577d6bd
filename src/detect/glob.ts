import type { TextPattern } from '../rule/ir/expr.ts';

const ANY = -2;
const ONE = -1;
const DASH = -3;

/** A compiled glob: UTF-16 units of literals, negative numbers for wildcards. */
export type Glob = Int32Array;

export function compileGlob(pattern: TextPattern): Glob {
  const units: number[] = [];
  for (const token of pattern) {
    if (typeof token === 'string') for (let i = 0; i < token.length; i++) units.push(token.charCodeAt(i));
    else units.push(token.wildcard === 'any' ? ANY : token.wildcard === 'one' ? ONE : DASH);
  }
  return Int32Array.from(units);
}

/** Two pointers that restart at the last `any`: text times pattern steps at most, no recursion. */
export function globMatches(glob: Glob, text: string): boolean {
  let i = 0;
  let j = 0;
  let restartGlob = -1;
  let restartText = 0;
  while (i < text.length) {
    const want = j < glob.length ? (glob[j] as number) : 0;
    if (j < glob.length && want === ANY) {
      restartGlob = j++;
      restartText = i;
    } else if (j < glob.length && want === ONE) {
      i += width(text, i);
      j++;
    } else if (j < glob.length && (want === text.charCodeAt(i) || (want === DASH && isDash(text.charCodeAt(i))))) {
      i++;
      j++;
    } else if (restartGlob >= 0) {
      restartText += width(text, restartText);
      i = restartText;
      j = restartGlob + 1;
    } else return false;
  }
  while (j < glob.length && glob[j] === ANY) j++;
  return j === glob.length;
}

/** UTF-16 units of the code point at a place: `?` takes a whole one. */
export function width(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff || at + 1 >= text.length) return 1;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}

export const isDash = (unit: number): boolean => unit === 0x2d || unit === 0x2f || (unit >= 0x2013 && unit <= 0x2015);
