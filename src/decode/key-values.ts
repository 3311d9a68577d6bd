import type { JsonValue } from '../shared/json.ts';

const PAIR = /([A-Za-z_][\w.-]{0,63})=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s]*))/g;

/** `key=value key="value with blanks"` as logfmt, FortiGate and others write it; the last of equal keys wins. Linear. */
export function keyValues(text: string): Record<string, JsonValue> {
  const out: Record<string, JsonValue> = Object.create(null);
  for (const [, key = '', double, single, word] of text.matchAll(PAIR)) {
    out[key] = double === undefined ? (single ?? (word as string)) : double.includes('\\') ? double.replace(/\\(["\\])/g, '$1') : double;
  }
  return out;
}
