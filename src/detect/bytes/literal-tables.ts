import type { Machine } from './machine.ts';

// Literals and tables of literals in the machine's memory, as assembly/literals.ts reads them.

/** A literal as the bytes it has in JSON text, lower case, with the rules that it brings up. */
export type ByteLiteral = { readonly bytes: Uint8Array; readonly rules: Int32Array };
/** A literal in the machine, and how far its beginning is before the place that leads to it. */
export type Item = { readonly literal: number; readonly offset: number };

/** Bytes are compared sixteen at a time. */
const LITERAL_PADDING = 16;

/** A text between the quotes of JSON. */
export const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

export function writeWords(machine: Machine, words: ArrayLike<number>): number {
  const at = machine.allocate(4 * words.length);
  machine.words.set(words, at >> 2);
  return at;
}

/** Address of [count, rule...]. */
export const writeRules = (machine: Machine, rules: Int32Array): number => writeWords(machine, [rules.length, ...rules]);

/** Address of [rules, length, bytes]. */
export function writeLiteral(machine: Machine, { bytes, rules }: ByteLiteral): number {
  const list = writeRules(machine, rules);
  const at = machine.allocate(8 + bytes.length + LITERAL_PADDING);
  machine.words.set([list, bytes.length], at >> 2);
  machine.bytes.set(bytes, at + 8);
  return at;
}

/** Bytes that log texts have most of, the most frequent first; what is not among them is rare. */
const FREQUENT = Buffer.from(' e\\tionasrldcm"-.phwu0gfyb1kv/:,2xs345=_(){}$68790;qjz');
export const RARITY = new Uint8Array(256).fill(255);
for (const [rank, byte] of FREQUENT.entries()) if (RARITY[byte] === 255) RARITY[byte] = rank;
/** Two offsets share a word. */
const MAX_OFFSET = 0xffff;

/** A literal that is looked for by itself, with the offsets of its two rarest bytes in one word. */
export function writeNeedle(machine: Machine, text: string): readonly [literal: number, offsets: number] {
  const bytes = Buffer.from(escaped(text));
  const at = machine.allocate(8 + bytes.length + LITERAL_PADDING);
  machine.words[(at >> 2) + 1] = bytes.length;
  machine.bytes.set(bytes, at + 8);
  const places = [...bytes.subarray(0, MAX_OFFSET).keys()];
  const [one = 0, other = one] = places.sort((a, b) => (RARITY[bytes[b] as number] as number) - (RARITY[bytes[a] as number] as number));
  return [at, one | (other << 16)];
}

/** Address of a list of pairs [literal, offset], ended by zero. */
export function writeList(machine: Machine, items: readonly Item[]): number {
  return writeWords(machine, [...items.flatMap(({ literal, offset }) => [literal, offset]), 0, 0]);
}

/** Words of a table from a key to an address, to be written as they are. */
export function tableWords(lists: ReadonlyMap<number, number>): Int32Array {
  const bits = Math.max(3, Math.ceil(Math.log2(lists.size * 2 + 1)));
  const shift = 32 - bits;
  const words = new Int32Array(1 + 2 * (1 << bits));
  words[0] = shift;
  const slotOf = (slot: number): number => 1 + 2 * slot;
  for (const [key, list] of lists) {
    let slot = mix(key) >>> shift;
    while (words[slotOf(slot) + 1] !== 0) slot = (slot + 1) & ((1 << bits) - 1);
    words[slotOf(slot)] = key;
    words[slotOf(slot) + 1] = list;
  }
  return words;
}

/** Words of a table whose keys lead to lists of literals. */
export function listTableWords(machine: Machine, items: ReadonlyMap<number, readonly Item[]>): Int32Array {
  return tableWords(new Map([...items].map(([key, list]) => [key, writeList(machine, list)])));
}

export const mix = (word: number): number => Math.imul(word, 0x9e3779b1);

/** Four bytes as one number. */
export const wordAt = (bytes: Uint8Array, i: number): number =>
  (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);

export function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
