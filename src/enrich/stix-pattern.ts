import type { IndicatorType } from './indicator.ts';

type Value = { readonly type: IndicatorType; readonly value: string };

const PROPERTIES: readonly (readonly [RegExp, IndicatorType])[] = [
  [/^ipv[46]-addr:value$/, 'ip'],
  [/^network-traffic:(?:src|dst)_ref\.value$/, 'ip'],
  [/^domain-name:value$/, 'domain'],
  [/^url:value$/, 'url'],
  [/^file:hashes\.(?:'?[A-Za-z0-9-]+'?)$/, 'file'],
  [/^email-addr:value$|^email-message:from_ref\.value$/, 'email'],
];
const TOKEN = /\s*(?:(\[|\]|\(|\)|,)|'((?:[^'\\]|\\.)*)'|([A-Za-z][\w-]*:[\w.'-]+)|(!=|=|[A-Za-z]+|[<>]=?))/sy;

/**
 * The values that a STIX 2.1 pattern is about, where it is a choice of plain comparisons: `[a:b = 'x' OR a:c IN ('y', 'z')]`,
 * also several such in brackets joined by OR, and ISSUBSET. Else a sentence why it is not read.
 */
export function readPattern(pattern: string): readonly Value[] | string {
  const tokens: { readonly mark?: string; readonly text?: string; readonly path?: string; readonly word?: string }[] = [];
  const token = new RegExp(TOKEN);
  let at = 0;
  while (at < pattern.length && pattern.slice(at).trim() !== '') {
    token.lastIndex = at;
    const found = token.exec(pattern);
    if (found === null) return 'pattern is not understood';
    const [, mark, text, path, word] = found;
    tokens.push(
      mark !== undefined
        ? { mark }
        : text !== undefined
          ? { text: text.replace(/\\(.)/gs, '$1') }
          : path !== undefined
            ? { path }
            : { word: (word as string).toUpperCase() },
    );
    at = token.lastIndex;
  }
  const values: Value[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const { path, word, mark } = tokens[i] as (typeof tokens)[number];
    if (mark === '[' || mark === ']' || word === 'OR') continue;
    if (path === undefined) return word === undefined ? 'pattern is not understood' : `pattern with ${word} is no choice of values`;
    const operator = tokens[++i]?.word;
    if (operator !== '=' && operator !== 'IN' && operator !== 'ISSUBSET') return `operator ${operator ?? 'missing'} is not read`;
    const type = PROPERTIES.find(([name]) => name.test(path))?.[1];
    if (type === undefined) return `property ${path} is not read`;
    if (operator !== 'IN') {
      const value = tokens[++i]?.text;
      if (value === undefined) return 'pattern is not understood';
      values.push({ type, value });
      continue;
    }
    if (tokens[++i]?.mark !== '(') return 'pattern is not understood';
    for (i++; tokens[i] !== undefined && tokens[i]?.mark !== ')'; i++) {
      const value = tokens[i]?.text;
      if (value !== undefined) values.push({ type, value });
    }
  }
  return values.length === 0 ? 'pattern is not understood' : values;
}
