import { fingerprintOf, rebuilt, roomIn, setWord, slotOf, slotsOf, WORD, type WordTable, wordAt, wordTable } from './word-table.ts';

/**
 * How often each of many values came: fingerprints of 24 bits, and beside each its count up to 255. What is in it was counted
 * from its first time on; one that is not is taken for another with a chance of `count` / 2^24, and then counts as more.
 */
export type CountTable = { words: WordTable; count: number };

const MOST_SLOTS = 2 ** 12;
const FEWEST_SLOTS = 2 ** 8;
export const MOST_COUNTED = 0.75 * MOST_SLOTS;
export const COUNTS_BYTES = WORD * FEWEST_SLOTS;
const COUNT_BITS = 8;
/** So many or more. */
export const MANY = 255;

export const countTable = (): CountTable => ({ words: wordTable(FEWEST_SLOTS), count: 0 });

export const timesOf = ({ words }: CountTable, hash: number): number =>
  wordAt(words, slotOf(words, fingerprintOf(hash, COUNT_BITS), COUNT_BITS)) & MANY;

/** Counts a value once more. False: there is no room for it; `room` is asked before the table takes more bytes. */
export function countOnce(table: CountTable, hash: number, room: (bytes: number) => boolean): boolean {
  const fingerprint = fingerprintOf(hash, COUNT_BITS);
  let slot = slotOf(table.words, fingerprint, COUNT_BITS);
  const word = wordAt(table.words, slot);
  if (word === 0) {
    if (table.count + 1 > roomIn(table.words)) {
      const slots = slotsOf(table.words);
      if (slots === MOST_SLOTS || !room(WORD * slots)) return false;
      table.words = rebuilt(table.words, 2 * slots, COUNT_BITS);
      slot = slotOf(table.words, fingerprint, COUNT_BITS);
    }
    table.count++;
  }
  setWord(table.words, slot, fingerprint * 2 ** COUNT_BITS + Math.min(MANY, (word & MANY) + 1));
  return true;
}
