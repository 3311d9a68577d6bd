import { EXPECTED as BELL, readGamma, sight, writeGamma } from './counted.ts';
import { putRange, shareOf, tookRange } from './range-coder.ts';

/**
 * Whole numbers near an expectation: a bell around it, as wide as distances from it were, mixed with how often such
 * distances were seen where the expectation stood alike.
 */

/** Distances that are symbols; beyond, how far beyond follows. */
const REACH = 6;
const SYMBOLS = 2 * REACH + 3;
/** Where an expectation may stand: which third of the way between whole numbers, and whether they are 0, 1, 2 or others. */
const PHASES = 3;
const LEVELS = 4;
const NARROW = 0.15;
/** Distances until the sums are halved. */
const MEMORY = 64;

const seen = new Uint16Array(PHASES * LEVELS * SYMBOLS);
const totals = new Uint16Array(PHASES * LEVELS);
/** Sum and number of distances, in steps and in those twice as wide. */
const spreads = new Float64Array(4);
let signed = false;

// The number under way: its context, the whole number nearest to what is expected, and `bell`'s parameters.
let context = 0;
let base = 0;
/** Typed, as fractions in variables would each be an object. */
const now = new Float64Array(4);
const EXPECTED = 0;
const INVERSE = 1;
/** The share of the bell below 0, where no number is negative, and one by the share that is left. */
const BELOW = 2;
const STRETCH = 3;

export function beginMiddles(negative: boolean): void {
  signed = negative;
  seen.fill(0);
  totals.fill(0);
  spreads.set([8, 8, 8, 8]);
}

export function writeMiddle(value: number, expected: number, wide: number): void {
  expect(expected, wide);
  writeNumber(value);
  note(value, wide);
}
export function readMiddle(expected: number, wide: number): number {
  expect(expected, wide);
  // What is below 0 without a sign is not written by anyone.
  const value = signed ? readNumber() : Math.max(0, readNumber());
  note(value, wide);
  return value;
}

function expect(expected: number, wide: number): void {
  const width = Math.max(NARROW, (spreads[2 * wide] as number) / (spreads[2 * wide + 1] as number));
  base = Math.round(expected);
  const phase = Math.min(PHASES - 1, Math.floor((expected - base + 0.5) * PHASES));
  context = Math.min(Math.abs(base), LEVELS - 1) * PHASES + phase;
  now[EXPECTED] = expected;
  const inverse = 1 / width;
  now[INVERSE] = inverse;
  const below = signed ? 0 : bell((-0.5 - expected) * inverse);
  now[BELOW] = below;
  now[STRETCH] = BELL / (1 - below);
}

function note(value: number, wide: number): void {
  const distance = 1.1 * Math.abs(value - (now[EXPECTED] as number));
  const sum = (spreads[2 * wide] as number) + Math.min(distance, 8 / (now[INVERSE] as number));
  const count = (spreads[2 * wide + 1] as number) + 1;
  const scale = count > MEMORY ? 0.5 : 1;
  spreads[2 * wide] = scale * sum;
  spreads[2 * wide + 1] = scale * count;
  sight(seen, totals, context, SYMBOLS, symbolOf(value));
}

const FINE = 64;
const WIDEST = 8;
/** Student's t with ten degrees of freedom, its distribution: near the normal one, and a polynomial in `x / sqrt(10 + x^2)`. */
const BELLS = Float64Array.from({ length: 2 * WIDEST * FINE + 1 }, (_, i) => {
  const x = i / FINE - WIDEST;
  const s = x / Math.sqrt(10 + x * x);
  const q = s * s;
  return 0.5 + (315 / 256) * s * (1 + q * (-4 / 3 + q * (6 / 5 + q * (-4 / 7 + q / 9))));
});
const bell = (x: number): number => (x <= -WIDEST ? 0 : x >= WIDEST ? 1 : (BELLS[Math.floor((x + WIDEST) * FINE + 0.5)] as number));

function symbolOf(value: number): number {
  const far = value - base;
  return far < -REACH ? 0 : far > REACH ? SYMBOLS - 1 : far + REACH + 1;
}

/** Share of the bell below a symbol. */
function belowOf(symbol: number): number {
  if (symbol === 0) return 0;
  if (symbol === SYMBOLS) return BELL + SYMBOLS;
  const edge = (base - REACH - 1.5 + symbol - (now[EXPECTED] as number)) * (now[INVERSE] as number);
  const share = (bell(edge) - (now[BELOW] as number)) * (now[STRETCH] as number);
  return share <= 0 ? symbol : Math.floor(share) + symbol;
}
function seenBelow(symbol: number): number {
  let sum = 0;
  for (let i = 0; i < symbol; i++) sum += seen[context * SYMBOLS + i] as number;
  return sum;
}

function writeNumber(value: number): void {
  const far = value - base;
  const symbol = symbolOf(value);
  const bellLow = belowOf(symbol);
  const low = bellLow + seenBelow(symbol);
  putRange(low, belowOf(symbol + 1) - bellLow + (seen[context * SYMBOLS + symbol] as number), BELL + SYMBOLS + (totals[context] as number));
  if (Math.abs(far) > REACH) writeGamma(Math.abs(far) - REACH);
}

function readNumber(): number {
  const total = BELL + SYMBOLS + (totals[context] as number);
  const share = shareOf(total);
  // Most numbers are what was expected: from there up or down.
  let symbol = REACH + 1;
  let sights = seenBelow(symbol);
  let low = belowOf(symbol) + sights;
  while (share < low) {
    symbol--;
    sights -= seen[context * SYMBOLS + symbol] as number;
    low = belowOf(symbol) + sights;
  }
  for (;;) {
    sights += seen[context * SYMBOLS + symbol] as number;
    const high = belowOf(symbol + 1) + sights;
    if (share < high) {
      tookRange(low, high - low, total);
      break;
    }
    symbol++;
    low = high;
  }
  if (symbol === 0) return base - REACH - readGamma();
  return symbol === SYMBOLS - 1 ? base + REACH + readGamma() : base + symbol - REACH - 1;
}
