import { type ByteLiteral, type ByteScan, mix, pushTo, saysLiteral, wordAt } from './byte-literal.ts';

/**
 * Beginnings or ends of values: a hash of the outermost 12, 8 or 4 bytes, each literal in the largest class that fits it.
 * With four bytes alone hundreds of literals would share `.exe`.
 */
export function edgeScan(literals: readonly ByteLiteral[], end: 'prefix' | 'suffix'): ByteScan {
  const suffix = end === 'suffix';
  const tables = [new Map<number, ByteLiteral[]>(), new Map<number, ByteLiteral[]>(), new Map<number, ByteLiteral[]>()] as const;
  const short: ByteLiteral[] = [];
  const step = (hash: number, bytes: Uint8Array, from: number, to: number, k: number): number =>
    (mix(hash) ^ wordAt(bytes, suffix ? to - 4 * k : from + 4 * k - 4)) | 0;
  for (const literal of literals) {
    const { bytes } = literal;
    const words = Math.min(3, bytes.length >> 2);
    let hash = 0;
    for (let k = 1; k <= words; k++) hash = step(hash, bytes, 0, bytes.length, k);
    const table = tables[words - 1];
    if (table === undefined) short.push(literal);
    else pushTo(table, hash, literal);
  }
  const largest = tables[2].size > 0 ? 3 : tables[1].size > 0 ? 2 : tables[0].size > 0 ? 1 : 0;
  return (bytes, from, to, fire) => {
    const words = Math.min(largest, (to - from) >> 2);
    let hash = 0;
    for (let k = 1; k <= words; k++) {
      hash = step(hash, bytes, from, to, k);
      const found = (tables[k - 1] as Map<number, ByteLiteral[]>).get(hash);
      if (found !== undefined) check(found, suffix, bytes, from, to, fire);
    }
    if (short.length > 0) check(short, suffix, bytes, from, to, fire);
  };
}

function check(
  literals: readonly ByteLiteral[],
  suffix: boolean,
  bytes: Uint8Array,
  from: number,
  to: number,
  fire: Parameters<ByteScan>[3],
): void {
  for (let j = 0; j < literals.length; j++) {
    const { bytes: literal, rules } = literals[j] as ByteLiteral;
    const at = suffix ? to - literal.length : from;
    if (at >= from && at + literal.length <= to && saysLiteral(bytes, at, literal)) fire(rules);
  }
}
