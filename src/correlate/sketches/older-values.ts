import { fingerprintOf, rebuilt, roomIn, setWord, slotOf, slotsOf, WORD, type WordTable, wordAt, wordTable } from './word-table.ts';

/**
 * Which values were seen in the last five quarters of a span: fingerprints of 29 bits, and beside each the number of the
 * quarter modulo 8. Neither the order in which values came nor how often changes what it knows.
 *
 * A value that is in it is known. One that is not is taken for another with a chance of `count` / 2^29.
 */
export type OlderValues = { words: WordTable; count: number; quarter: number };

const MOST_SLOTS = 2 ** 15;
const FEWEST_SLOTS = 2 ** 9;
export const MOST_OLDER = 0.75 * MOST_SLOTS;
export const FIRST_BYTES = WORD * FEWEST_SLOTS;
const QUARTER_BITS = 3;
/** Quarters before the current one. */
const KEPT = 4;

export const noOlderValues = (quarter: number): OlderValues => ({ words: wordTable(FEWEST_SLOTS), count: 0, quarter });

export const isKnown = ({ words }: OlderValues, hash: number): boolean =>
  wordAt(words, slotOf(words, fingerprintOf(hash, QUARTER_BITS), QUARTER_BITS)) !== 0;

/** How many quarters before the current one a word was seen. */
const ageOf = ({ quarter }: OlderValues, word: number): number => mod8(quarter - (word & 7));
const mod8 = (value: number): number => ((value % 8) + 8) % 8;

/** Notes that a value was seen in a quarter, the current one or up to four before. False: there is no room for it; `room` is asked before it takes more bytes. */
export function remember(older: OlderValues, hash: number, quarter: number, room: (bytes: number) => boolean): boolean {
  const fingerprint = fingerprintOf(hash, QUARTER_BITS);
  let slot = slotOf(older.words, fingerprint, QUARTER_BITS);
  const word = wordAt(older.words, slot);
  if (word === 0) {
    if (older.count + 1 > roomIn(older.words)) {
      const slots = slotsOf(older.words);
      if (slots === MOST_SLOTS || !room(WORD * slots)) return false;
      older.words = rebuilt(older.words, 2 * slots, QUARTER_BITS);
      slot = slotOf(older.words, fingerprint, QUARTER_BITS);
    }
    older.count++;
  } else if (ageOf(older, word) <= older.quarter - quarter) return true;
  setWord(older.words, slot, fingerprint * 2 ** QUARTER_BITS + mod8(quarter));
  return true;
}

/** A later quarter has begun: what was not seen in it or the four before is forgotten. */
export function turn(older: OlderValues, quarter: number): void {
  const passed = quarter - older.quarter;
  if (passed <= 0) return;
  const stays = (word: number): boolean => ageOf(older, word) + passed <= KEPT;
  let left = 0;
  for (let slot = 0; slot < slotsOf(older.words); slot++) {
    const word = wordAt(older.words, slot);
    if (word !== 0 && stays(word)) left++;
  }
  let slots = FEWEST_SLOTS;
  while (left > slots / 2 && slots < slotsOf(older.words)) slots *= 2;
  older.words = rebuilt(older.words, slots, QUARTER_BITS, stays);
  older.count = left;
  older.quarter = quarter;
}
