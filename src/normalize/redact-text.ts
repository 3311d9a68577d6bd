import { isObject, type JsonValue } from '../shared/json.ts';

/** Takes known values out of whatever holds them. */
export type Replacer = { value(value: JsonValue): JsonValue };

/** Shorter values stand in any text by chance: they are replaced where they are the whole text. */
const SHORTEST = 3;
/** With more values than this, texts of several words are masked as a whole instead of searched for each. */
const MOST = 64;
const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character);

/**
 * Replaces whole texts that equal a value, and values that stand in a text as words, in either case. Numbers are never
 * taken for a value: a user id of 0 is not every 0.
 */
export function createReplacer(values: ReadonlyMap<string, string>, mask: string): Replacer {
  const known = [...values].filter(([value]) => value.length >= SHORTEST).sort((a, b) => b[0].length - a[0].length);
  // One or two digits are no secret of a text that is nothing else.
  const exact = new Map(
    [...values].filter(([value]) => !/^\d{0,2}$/.test(value)).map(([value, replacement]) => [value.toLowerCase(), replacement]),
  );
  const inText = (text: string): string => {
    const whole = exact.get(text.toLowerCase());
    if (whole !== undefined) return whole;
    if (known.length > MOST) return /\s/.test(text) ? mask : text;
    return known.reduce((out, [value, replacement]) => replaced(out, value, replacement), text);
  };
  const value = (one: JsonValue): JsonValue => {
    if (typeof one === 'string') return inText(one);
    if (Array.isArray(one)) return (one as readonly JsonValue[]).map(value);
    return isObject(one) ? Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, value(inner)])) : one;
  };
  return { value: exact.size === 0 ? (one) => one : value };
}

function replaced(text: string, value: string, replacement: string): string {
  // Case folding may change lengths; then the spelling as it is is all that can be found in place.
  const [low, wanted] = text.toLowerCase().length === text.length ? [text.toLowerCase(), value.toLowerCase()] : [text, value];
  let out = '';
  let done = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, at + wanted.length)) {
    if (at < done || (isWord(text[at - 1]) && isWord(value[0]))) continue;
    if (isWord(text[at + wanted.length]) && isWord(value.at(-1))) continue;
    out += text.slice(done, at) + replacement;
    done = at + wanted.length;
  }
  return done === 0 ? text : out + text.slice(done);
}
