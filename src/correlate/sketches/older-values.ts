/**
 * Which values were seen in the last five quarters of a span, by a fingerprint of 29 bits for each: a table of words of four
 * bytes (lower byte first, 0: free), each a fingerprint and the number of its quarter modulo 8, found from the lowest bits
 * of the fingerprint on. Neither the order in which values came nor how often changes what it knows.
 *
 * A value that is in it is known. One that is not is taken for another with a chance of `count` / 2^29.
 */
export type OlderValues = { words: Uint8Array; count: number; quarter: number };

/** Up to three quarters of it are filled. */
const MOST_SLOTS = 2 ** 15;
const FEWEST_SLOTS = 2 ** 9;
const WORD = 4;
export const MOST_OLDER = 0.75 * MOST_SLOTS;
const KEPT = 4;

export const noOlderValues = (quarter: number): OlderValues => ({ words: new Uint8Array(WORD * FEWEST_SLOTS), count: 0, quarter });
export const FIRST_BYTES = WORD * FEWEST_SLOTS;

/** The upper bits of a hash below 2^53. */
const fingerprintOf = (hash: number): number => Math.floor(hash / 2 ** 24) || 1;

const wordAt = (words: Uint8Array, slot: number): number => {
  const at = WORD * slot;
  return (
    ((words[at] as number) | ((words[at + 1] as number) << 8) | ((words[at + 2] as number) << 16) | ((words[at + 3] as number) << 24)) >>> 0
  );
};
const setWord = (words: Uint8Array, slot: number, word: number): void => {
  for (let i = 0; i < WORD; i++) words[WORD * slot + i] = word >>> (8 * i);
};
/** Where a fingerprint stands, or the free slot at which it would. */
function slotOf(words: Uint8Array, fingerprint: number): number {
  const mask = words.length / WORD - 1;
  let slot = fingerprint & mask;
  for (let word = wordAt(words, slot); word !== 0 && word >>> 3 !== fingerprint; word = wordAt(words, slot)) slot = (slot + 1) & mask;
  return slot;
}

export const isKnown = ({ words }: OlderValues, hash: number): boolean => wordAt(words, slotOf(words, fingerprintOf(hash))) !== 0;

/** How many quarters ago, given the lowest bits of its number. */
const ageOf = ({ quarter }: OlderValues, bits: number): number => mod8(quarter - bits);
const mod8 = (value: number): number => ((value % 8) + 8) % 8;

/** Notes that a value was seen in a quarter, the current one or up to four before. False: there is no room for it; `room` is asked before it takes more bytes. */
export function remember(older: OlderValues, hash: number, quarter: number, room: (bytes: number) => boolean): boolean {
  const fingerprint = fingerprintOf(hash);
  let slot = slotOf(older.words, fingerprint);
  const word = wordAt(older.words, slot);
  if (word === 0) {
    const { length } = older.words;
    if (WORD * (older.count + 1) > 0.75 * length) {
      if (length === WORD * MOST_SLOTS || !room(length)) return false;
      rebuild(older, 2 * length);
      slot = slotOf(older.words, fingerprint);
    }
    older.count++;
  } else if (ageOf(older, word & 7) <= older.quarter - quarter) return true;
  setWord(older.words, slot, fingerprint * 8 + mod8(quarter));
  return true;
}

/** A later quarter has begun: what was not seen in it or the four before is forgotten. */
export function turn(older: OlderValues, quarter: number): void {
  const passed = quarter - older.quarter;
  if (passed <= 0) return;
  let left = 0;
  for (let slot = 0; slot < older.words.length / WORD; slot++) {
    const word = wordAt(older.words, slot);
    if (word !== 0 && ageOf(older, word & 7) + passed <= KEPT) left++;
  }
  let length = WORD * FEWEST_SLOTS;
  while (WORD * left > 0.5 * length && length < older.words.length) length *= 2;
  rebuild(older, length, KEPT - passed);
  older.quarter = quarter;
}

function rebuild(older: OlderValues, length: number, oldest = KEPT): void {
  const { words } = older;
  older.words = new Uint8Array(length);
  older.count = 0;
  for (let slot = 0; slot < words.length / WORD; slot++) {
    const word = wordAt(words, slot);
    if (word === 0 || ageOf(older, word & 7) > oldest) continue;
    setWord(older.words, slotOf(older.words, word >>> 3), word);
    older.count++;
  }
}
