import { readOf, writeOf } from './counted.ts';
import { beginGaps, contextOf, GAPS, readGap, writeGap } from './gaps.ts';
import { beginMiddles, readMiddle, writeMiddle } from './middles.ts';
import { beginRange, endRange, putRange, readRange, shareOf, tookRange } from './range-coder.ts';

/**
 * Lists of small whole numbers that scatter around a level of their own, one list per slot of a season, sorted: in which
 * order they came is not told, which is half of what noise takes. All lists stand in one text (`range-coder.ts`).
 *
 * The middle number is told by how likely it is: a bell around the middles of the slot before and of the day before, as
 * wide as distances from that were, mixed with how often such distances were seen where the expectation stood alike. From
 * there outward, both ways, gaps between neighbours: geometric with the mean of such gaps, mixed with how often each came.
 * Of reals only +, -, *, / and the square root are used, which every machine rounds alike.
 */
export type Shape = {
  readonly slots: number;
  /** The most numbers of a list. */
  readonly keep: number;
  /** Slots of a day where the season has several days; 0: none. */
  readonly daily: number;
};

type Lists = readonly (readonly number[])[];

/** Lists in steps twice as wide are `wider` in each `TURN` of them, spread over the day. */
export const TURN = 8;
export const isWide = (slot: number, wider: number): boolean => (slot * 5) % TURN < wider;

const lengths = new Uint16Array(64);
const empties = new Uint16Array(4);
let levels = new Float64Array(256);
let signed = false;

/** `head`, and the lists; those that `isWide` says of are in steps twice as wide. */
export function writeNoisy(lists: Lists, shape: Shape, wider: number, head: string): string {
  begin(
    shape,
    lists.some(([least = 0]) => least < 0),
  );
  beginRange(head);
  putRange(signed ? 1 : 0, 1, 2);
  let before = shape.keep;
  for (let slot = 0; slot < shape.slots; slot++) {
    const list = lists[slot] ?? [];
    writeOf(list.length === before ? 0 : list.length + 1, lengths, shape.keep + 2);
    before = list.length;
    const wide = isWide(slot, wider) ? 1 : 0;
    const prior = priorOf(slot, shape);
    // Sorted: where the ends are 0 all are.
    const empty = (list[0] ?? 0) === 0 && (list.at(-1) ?? 0) === 0 ? 1 : 0;
    writeEmpty(empty);
    if (empty === 0) writeOutward(list, prior, wide);
    levels[slot] = levelOf(empty, prior, list, wide);
  }
  return endRange();
}

function writeOutward(list: readonly number[], prior: number, wide: number): void {
  const half = list.length >> 1;
  const middle = list[half] as number;
  writeMiddle(middle, wide === 1 ? 0.5 * prior : prior, wide);
  for (let i = half + 1; i < list.length; i++)
    writeGap((list[i] as number) - (list[i - 1] as number), contextOf(i - half, list.length, middle, wide), GAPS);
  for (let i = half - 1; i >= 0; i--) {
    const from = list[i + 1] as number;
    if (from > 0 || signed) writeGap(from - (list[i] as number), contextOf(half - i, list.length, middle, wide), roomOf(from));
  }
}

export function readNoisy(text: string, from: number, shape: Shape, wider: number): number[][] {
  readRange(text, from);
  const sign = shareOf(2);
  tookRange(sign, 1, 2);
  begin(shape, sign === 1);
  const lists: number[][] = [];
  let before = shape.keep;
  for (let slot = 0; slot < shape.slots; slot++) {
    const symbol = readOf(lengths, shape.keep + 2);
    if (symbol > 0) before = symbol - 1;
    const list = new Array<number>(before).fill(0);
    const wide = isWide(slot, wider) ? 1 : 0;
    const prior = priorOf(slot, shape);
    const empty = readEmpty();
    if (empty === 0) readOutward(list, prior, wide);
    levels[slot] = levelOf(empty, prior, list, wide);
    lists.push(list);
  }
  return lists;
}

function readOutward(list: number[], prior: number, wide: number): void {
  const half = list.length >> 1;
  const middle = readMiddle(wide === 1 ? 0.5 * prior : prior, wide);
  list[half] = middle;
  for (let i = half + 1; i < list.length; i++)
    list[i] = (list[i - 1] as number) + readGap(contextOf(i - half, list.length, middle, wide), GAPS);
  for (let i = half - 1; i >= 0; i--) {
    const from = list[i + 1] as number;
    if (from > 0 || signed)
      list[i] = Math.max(
        signed ? Number.NEGATIVE_INFINITY : 0,
        from - readGap(contextOf(half - i, list.length, middle, wide), roomOf(from)),
      );
  }
}

function begin({ slots }: Shape, negative: boolean): void {
  beginMiddles(negative);
  beginGaps();
  lengths.fill(1);
  empties.fill(1);
  if (levels.length < slots) levels = new Float64Array(slots);
  signed = negative;
  emptyBefore = 0;
}

/** In the narrower steps. */
function priorOf(slot: number, { daily }: Shape): number {
  if (slot === 0) return 2;
  const before = levels[slot - 1] as number;
  if (daily === 0 || slot < daily) return before;
  return 0.35 * before + 0.65 * (levels[slot - daily] as number);
}

/** The median, drawn a little towards what was expected. */
function levelOf(empty: number, prior: number, list: readonly number[], wide: number): number {
  const count = list.length;
  if (empty === 1) return count === 0 ? prior : 0;
  const middle = ((list[count >> 1] as number) + (list[(count - 1) >> 1] as number)) * (wide === 1 ? 1 : 0.5);
  return (2 * prior + count * middle) / (2 + count);
}

/** Below a number there are as many gaps as it is high, where none is negative. */
const roomOf = (from: number): number => (signed || from >= GAPS ? GAPS : from + 1);

/** Whether all numbers of a list are 0, as often as after such a list and after others. */
let emptyBefore = 0;
function writeEmpty(empty: number): void {
  const one = empties[2 * emptyBefore + 1] as number;
  const none = empties[2 * emptyBefore] as number;
  putRange(empty === 1 ? none : 0, empty === 1 ? one : none, one + none);
  noteEmpty(empty);
}
function readEmpty(): number {
  const one = empties[2 * emptyBefore + 1] as number;
  const none = empties[2 * emptyBefore] as number;
  const empty = shareOf(one + none) < none ? 0 : 1;
  tookRange(empty === 1 ? none : 0, empty === 1 ? one : none, one + none);
  noteEmpty(empty);
  return empty;
}
function noteEmpty(empty: number): void {
  const place = 2 * emptyBefore + empty;
  empties[place] = (empties[place] as number) + 2;
  emptyBefore = empty;
}
