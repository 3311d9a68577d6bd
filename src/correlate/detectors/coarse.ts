/**
 * Numbers to seven binary digits, as whole numbers in the same order: whole numbers below 128 as they are, others at most
 * 0.8 % off, what is below 2^-32 as 0. So what a season keeps of sums and averages takes a byte or so each, and not eight.
 */
export const DIGITS = 6;
const SCALE = 2 ** DIGITS;
/** The least exponent told apart from 0. */
const LEAST = -32;

/** The greatest distance of a number from what is remembered of it, as a share. */
export const STEP = 1 / (2 * SCALE);

export function codeOf(value: number): number {
  const size = Math.min(Math.abs(value), Number.MAX_VALUE);
  if (size < 2 ** LEAST) return 0;
  const exponent = exponentOf(size);
  const digits = Math.round((size / 2 ** exponent) * SCALE) - SCALE;
  return Math.sign(value) * ((exponent - LEAST) * SCALE + digits + 1);
}

/** Of the greatest power of two that is not greater. */
export function exponentOf(size: number): number {
  const exponent = Math.floor(Math.log2(size));
  // The logarithm may be rounded up beside a power of two.
  return 2 ** exponent > size ? exponent - 1 : exponent;
}

export function numberOf(code: number): number {
  if (code === 0) return 0;
  const place = Math.abs(code) - 1;
  const exponent = Math.floor(place / SCALE) + LEAST;
  return Math.sign(code) * Math.min((1 + (place % SCALE) / SCALE) * 2 ** exponent, Number.MAX_VALUE);
}
