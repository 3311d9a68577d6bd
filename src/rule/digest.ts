import { sha256Hex } from '../shared/digest.ts';

/** Raised when the meaning of compiled rules changes, so that state of older engines is not taken over. */
export const SEMANTICS_VERSION = 1;

/** SHA-256 (hex) over what decides. Maps are ordered entry lists, integers beyond 2^53 keep their digits. */
export function logicDigest(parts: unknown): string {
  const text = JSON.stringify([SEMANTICS_VERSION, parts], (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Map) return [...value.entries()];
    return value;
  });
  return sha256Hex(text);
}
