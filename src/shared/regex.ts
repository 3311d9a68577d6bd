import { RE2JS } from 're2js';
import { messageOf, WardlineError } from './errors.ts';

/** A regular expression of a rule: linear in the text for every pattern, searched unanchored. */
export type Regex = { test(text: string): boolean };

/** What a pattern may be: longer ones are refused before they are read. */
export const MAX_PATTERN_LENGTH = 4096;

/**
 * Compiles a pattern with RE2 (no look-around, no back-references, repetition up to 1,000). `flags` is any of `i`, `m`,
 * `s`. Without `m`, `$` also matches before one final line break, as most engines read rules; `.` leaves out `\n` alone;
 * `\d \w \s \b` are ASCII. Throws WardlineError `rules` that says what is wrong.
 */
export function compileRegex(pattern: string, flags: string): Regex {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new WardlineError('rules', `the pattern has ${pattern.length} characters; the limit is ${MAX_PATTERN_LENGTH}`);
  const { flags: all, body } = leadingFlags(pattern, flags);
  // A group that turns `m` on gives its own `$` another meaning; such patterns are read as RE2 reads them.
  const asWritten = all.includes('m') || /\(\?[is]*m/.test(body);
  let bits = 0;
  if (all.includes('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (all.includes('m')) bits |= RE2JS.MULTILINE;
  if (all.includes('s')) bits |= RE2JS.DOTALL;
  try {
    const compiled = RE2JS.compile(asWritten ? body : relaxedEnd(body), bits);
    return { test: (text) => compiled.test(text) };
  } catch (error) {
    throw new WardlineError('rules', `not a regular expression this engine runs: ${reason(error)}`, { cause: error });
  }
}

const reason = (error: unknown): string =>
  messageOf(error)
    .replace(/^error parsing regexp: /, '')
    .replaceAll(RELAXED_END, '$');

/** Where in a refused pattern the part is that the message quotes, in code points; the start if that is not known. */
export function faultPosition(pattern: string, message: string): number {
  const quoted = /: `([\s\S]*)`$/.exec(message)?.[1];
  const at = quoted === undefined || quoted === '' ? 0 : pattern.indexOf(quoted);
  return [...pattern.slice(0, Math.max(0, at))].length;
}

/** `(?is)...` at the front, which rules write where other languages have no flags beside the pattern. */
export function leadingFlags(pattern: string, flags = ''): { readonly flags: string; readonly body: string } {
  const found = /^\(\?([ims]+)\)/.exec(pattern);
  return found === null ? { flags, body: pattern } : { flags: flags + (found[1] ?? ''), body: pattern.slice(found[0].length) };
}

const RELAXED_END = '(?:\\n?\\z)';
/** Quoted text, escapes and classes (a class may open with `]` and hold named ones) stand as one token each. */
const TOKEN = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]?|[\s\S]/g;

/** Every `$` outside classes and escapes becomes "here, or before one final line break". */
const relaxedEnd = (pattern: string): string => pattern.replace(TOKEN, (token) => (token === '$' ? RELAXED_END : token));
