import type { Fire } from '../literal-index.ts';

/** A literal as the bytes it has in JSON text, lower case, with the rules that it brings up. */
export type ByteLiteral = { readonly bytes: Uint8Array; readonly rules: Int32Array };

/** Looks for literals in a range of bytes, letter case of ASCII ignored; tells the rules of each that is there. */
export type ByteScan = (bytes: Uint8Array, from: number, to: number, fire: Fire) => void;

/** Lower case of one ASCII byte. */
export const lowByte = (c: number): number => (c >= 0x41 && c <= 0x5a ? c | 0x20 : c);

/** Do the bytes at a place say the literal? The caller has checked that they are within the range. */
export function saysLiteral(bytes: Uint8Array, at: number, literal: Uint8Array): boolean {
  for (let k = 0; k < literal.length; k++) if (lowByte(bytes[at + k] as number) !== literal[k]) return false;
  return true;
}

/** Four bytes as one number; letters lose their case, and some other bytes become equal, which the comparison settles. */
export const wordAt = (bytes: Uint8Array, i: number): number =>
  (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24) | 0x20202020;

export const mix = (word: number): number => Math.imul(word, 0x9e3779b1);

export function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
