/** Keys that lead into a value, or why the text is no plain path. */
export type PlainPath =
  | { readonly ok: true; readonly keys: readonly (string | number)[] }
  | { readonly ok: false; readonly at: number; readonly why: string };

const MAX_LENGTH = 512;
const REFUSED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const STEP = /\.([^.[\]'"*?@()^~,`\s$]+)|\[(?:'([^'\\]*)'|"([^"\\]*)"|(\d{1,6}))\]/y;

/**
 * Reads `$.user.name`, `$['user']["name"]`, `$.hops[0]` and, like the original engine, `user.name` without `$`.
 * Filters, wildcards, slices, scripts and recursive descent are refused: the original's path library had two remote
 * code executions, and a path that selects many values cannot be a field of an event.
 */
export function parsePlainPath(text: string): PlainPath {
  if (text.length > MAX_LENGTH) return { ok: false, at: MAX_LENGTH, why: `is longer than ${MAX_LENGTH} characters` };
  const rooted = text.startsWith('$') ? text.slice(1) : /^[.[]/.test(text) ? text : `.${text}`;
  const shift = text.length - rooted.length;
  const keys: (string | number)[] = [];
  let at = 0;
  while (at < rooted.length) {
    STEP.lastIndex = at;
    const step = STEP.exec(rooted);
    if (step === null) return { ok: false, at: Math.max(0, at + shift), why: problemAt(rooted.slice(at)) };
    const key = step[1] ?? step[2] ?? step[3];
    if (key !== undefined && (key === '' || REFUSED.has(key))) {
      return { ok: false, at: Math.max(0, at + shift), why: `has the segment "${key}", which no path may have` };
    }
    keys.push(key ?? Number(step[4]));
    at = STEP.lastIndex;
  }
  return { ok: true, keys };
}

function problemAt(rest: string): string {
  if (rest.startsWith('..')) return 'searches at any depth (..); name the whole path';
  if (/^\.?\[?\s*\?/.test(rest)) return 'has a filter; use a condition of its own instead';
  if (/^\.?\[?\*/.test(rest)) return 'has a wildcard; use "contains" on the list instead';
  if (/^\[-?\d*:/.test(rest)) return 'has a slice; use "contains" on the list instead';
  if (/^\.?\[?\(/.test(rest)) return 'has a script; write a plain path';
  return 'is no plain path; write $.name.name';
}
