import { type ByteLiteral, type ByteScan, lowByte, mix, saysLiteral } from './byte-literal.ts';
import { createWordTable, pushTo } from './word-table.ts';

/** Whole values: a map of lengths, then a hash of length and three bytes, then the bytes. No text is made. */
export function equalsScan(literals: readonly ByteLiteral[]): ByteScan {
  const lengths = new Uint8Array(256);
  const byKey = new Map<number, ByteLiteral[]>();
  for (const literal of literals) {
    lengths[literal.bytes.length & 255] = 1;
    pushTo(byKey, keyOf(literal.bytes, 0, literal.bytes.length), literal);
  }
  const { first, values, last } = createWordTable(byKey);
  return ({ bytes }, from, to, fire) => {
    const length = to - from;
    if (lengths[length & 255] === 0) return;
    for (let j = first(keyOf(bytes, from, length)); j >= 0; j = last[j] === 1 ? -1 : j + 1) {
      const literal = values[j] as ByteLiteral;
      if (literal.bytes.length === length && saysLiteral(bytes, from, literal.bytes)) fire(literal.rules);
    }
  };
}

function keyOf(bytes: Uint8Array, from: number, length: number): number {
  if (length === 0) return 0;
  const first = lowByte(bytes[from] as number);
  const last = lowByte(bytes[from + length - 1] as number);
  const middle = lowByte(bytes[from + (length >> 1)] as number);
  return (mix(length) ^ first ^ (last << 8) ^ (middle << 16)) | 0;
}
