/**
 * A table of words of 32 bits, the lower byte first so that a checkpoint is the same everywhere: each the fingerprint of a
 * value, which is not 0, above some bits that say something of it. Words stand from the slot on that the lowest bits of the
 * fingerprint choose; 0 is free, and so is at least a quarter.
 */
export type WordTable = Uint8Array;

export const WORD = 4;
/** Up to three quarters of a table are filled. */
const FILLED = 0.75;

export const wordTable = (slots: number): WordTable => new Uint8Array(WORD * slots);
export const slotsOf = (table: WordTable): number => table.length / WORD;
export const roomIn = (table: WordTable): number => FILLED * slotsOf(table);

/** The upper bits of a hash below 2^53, as many as are left beside `beside`. */
export const fingerprintOf = (hash: number, beside: number): number => Math.floor(hash / 2 ** (21 + beside)) || 1;

export function wordAt(table: WordTable, slot: number): number {
  const at = WORD * slot;
  return (
    ((table[at] as number) | ((table[at + 1] as number) << 8) | ((table[at + 2] as number) << 16) | ((table[at + 3] as number) << 24)) >>> 0
  );
}

export function setWord(table: WordTable, slot: number, word: number): void {
  for (let i = 0; i < WORD; i++) table[WORD * slot + i] = word >>> (8 * i);
}

/** Where a fingerprint stands, or the free slot at which it would. */
export function slotOf(table: WordTable, fingerprint: number, beside: number): number {
  const mask = slotsOf(table) - 1;
  let slot = fingerprint & mask;
  for (let word = wordAt(table, slot); word !== 0 && word >>> beside !== fingerprint; word = wordAt(table, slot)) slot = (slot + 1) & mask;
  return slot;
}

/** The words that are `wanted` in a table of so many slots. */
export function rebuilt(table: WordTable, slots: number, beside: number, wanted: (word: number) => boolean = () => true): WordTable {
  const next = wordTable(slots);
  for (let slot = 0; slot < slotsOf(table); slot++) {
    const word = wordAt(table, slot);
    if (word !== 0 && wanted(word)) setWord(next, slotOf(next, word >>> beside, beside), word);
  }
  return next;
}
