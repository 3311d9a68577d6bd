import { leafNumber } from '../scalar.ts';
import type { ByteLiteral, ByteScan } from './byte-literal.ts';

/** Longer runs of digits are read as text, exactly. */
const MAX_DIGITS = 15;
const ZERO = 0x30;
const MINUS = 0x2d;

/** Whole numbers that a value equals: digits are read in place, other spellings of a number (`80.0`) as text. */
export function numberScan(literals: readonly ByteLiteral[]): ByteScan {
  const rules = new Map(literals.map((literal) => [Number(Buffer.from(literal.bytes).toString('latin1')), literal.rules]));
  return ({ bytes }, from, to, fire) => {
    const c = from < to ? (bytes[from] as number) : 0;
    if ((c < ZERO || c > ZERO + 9) && c !== MINUS) return;
    let value = 0;
    let i = from;
    if (to - from <= MAX_DIGITS && (c !== ZERO || to - from === 1))
      for (; i < to; i++) {
        const digit = (bytes[i] as number) - ZERO;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
    const number = i === to ? value : leafNumber(bytes.toString('latin1', from, to));
    const found = typeof number === 'number' ? rules.get(number) : undefined;
    if (found !== undefined) fire(found);
  };
}
