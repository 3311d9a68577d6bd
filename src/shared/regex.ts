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
  let bits = 0;
  if (all.includes('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (all.includes('m')) bits |= RE2JS.MULTILINE;
  if (all.includes('s')) bits |= RE2JS.DOTALL;
  try {
    const compiled = RE2JS.compile(all.includes('m') ? body : relaxedEnd(body), bits);
    return { test: (text) => compiled.test(text) };
  } catch (error) {
    throw new WardlineError('rules', `not a regular expression this engine runs: ${messageOf(error)}`, { cause: error });
  }
}

/** `(?is)...` at the front, which rules write where other languages have no flags beside the pattern. */
export function leadingFlags(pattern: string, flags = ''): { readonly flags: string; readonly body: string } {
  const found = /^\(\?([ims]+)\)/.exec(pattern);
  return found === null ? { flags, body: pattern } : { flags: flags + (found[1] ?? ''), body: pattern.slice(found[0].length) };
}

/** Every `$` outside classes and escapes becomes "here, or before one final line break". */
function relaxedEnd(pattern: string): string {
  let out = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === '\\') {
      if (pattern[i + 1] === 'Q') {
        const end = pattern.indexOf('\\E', i + 2);
        const stop = end < 0 ? pattern.length : end + 2;
        out += pattern.slice(i, stop);
        i = stop - 1;
      } else {
        out += c + (pattern[i + 1] ?? '');
        i++;
      }
      continue;
    }
    if (inClass) inClass = c !== ']';
    else if (c === '[') {
      inClass = true;
      // A bracket right after the opening (or its negation) is a member of the class.
      out += c;
      if (pattern[i + 1] === '^') out += pattern[++i];
      if (pattern[i + 1] === ']') out += pattern[++i];
      continue;
    } else if (c === '$') {
      out += '(?:\\n?\\z)';
      continue;
    }
    out += c;
  }
  return out;
}
