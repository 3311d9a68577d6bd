import type { Anchor } from './anchors.ts';
import type { Entry } from './plan.ts';
import { leafNumber } from './scalar.ts';
import { hasUnitsOf, MANY_LITERALS, noteUnits } from './units.ts';

/** Rules that an anchor brings up; told once per anchor found, perhaps several times per rule. */
export type Fire = (rules: Int32Array) => void;

/** All anchors of one field: `scan` tells the rules of every anchor that stands in a folded text. */
export type FieldIndex = { scan(text: string, fire: Fire): void };

/** Only what is there is looked at: a field with suffixes alone pays for suffixes alone. */
export function createFieldIndex(entries: readonly Entry[], background: readonly string[]): FieldIndex {
  const of = (kind: Anchor['kind']): readonly Entry[] => entries.filter((entry) => entry.kind === kind);
  const contains = of('contains');
  const parts = [
    equalsIndex(of('equals')),
    numberIndex(of('number')),
    edgeIndex(
      of('prefix'),
      (text, size) => text.slice(0, size),
      (text, literal) => text.startsWith(literal),
    ),
    edgeIndex(
      of('suffix'),
      (text, size) => text.slice(text.length - size),
      (text, literal) => text.endsWith(literal),
    ),
    gramIndex(
      contains.filter(({ text }) => text.length >= 4),
      background,
    ),
    shortIndex(contains.filter(({ text }) => text.length < 4)),
  ].filter((part) => part !== undefined);
  if (parts.length === 1) return parts[0] as FieldIndex;
  return {
    scan(text, fire) {
      for (let i = 0; i < parts.length; i++) (parts[i] as FieldIndex).scan(text, fire);
    },
  };
}

function equalsIndex(entries: readonly Entry[]): FieldIndex | undefined {
  if (entries.length === 0) return undefined;
  const rules = new Map(entries.map(({ text, rules: ids }) => [text, ids]));
  const lengths = new Uint8Array(1024);
  for (const { text } of entries) lengths[Math.min(text.length, 1023)] = 1;
  return {
    scan(text, fire) {
      if (lengths[text.length < 1023 ? text.length : 1023] === 0) return;
      const found = rules.get(text);
      if (found !== undefined) fire(found);
    },
  };
}

function numberIndex(entries: readonly Entry[]): FieldIndex | undefined {
  if (entries.length === 0) return undefined;
  const rules = new Map(entries.map(({ text, rules: ids }) => [Number(text), ids]));
  return {
    scan(text, fire) {
      const number = leafNumber(text);
      const found = typeof number === 'number' ? rules.get(number) : undefined;
      if (found !== undefined) fire(found);
    },
  };
}

/** Sizes of the edges that are hashed, largest first: with four characters alone hundreds of literals share `.exe`. */
const EDGES = [12, 8, 4, 2, 1] as const;

function edgeIndex(
  entries: readonly Entry[],
  edge: (text: string, size: number) => string,
  holds: (text: string, literal: string) => boolean,
): FieldIndex | undefined {
  const tables = EDGES.map((size) => ({ size, table: new Map<string, Entry[]>() }));
  let some = false;
  for (const entry of entries) {
    const home = tables.find(({ size }) => entry.text.length >= size);
    // An empty literal cannot come here: it would be a wildcard alone.
    if (home === undefined) continue;
    some = true;
    const key = edge(entry.text, home.size);
    const known = home.table.get(key);
    if (known === undefined) home.table.set(key, [entry]);
    else known.push(entry);
  }
  if (!some) return undefined;
  const used = tables.filter(({ table }) => table.size > 0);
  return {
    scan(text, fire) {
      for (let i = 0; i < used.length; i++) {
        const { size, table } = used[i] as { size: number; table: Map<string, Entry[]> };
        if (text.length < size) continue;
        const found = table.get(edge(text, size));
        if (found === undefined) continue;
        for (let j = 0; j < found.length; j++) {
          const entry = found[j] as Entry;
          if (holds(text, entry.text)) fire(entry.rules);
        }
      }
    },
  };
}

type Gram = { readonly offset: number; readonly text: string; readonly rules: Int32Array };

const MIX = 0x9e3779b1;
const gramAt = (text: string, i: number): number =>
  (text.charCodeAt(i) & 255) |
  ((text.charCodeAt(i + 1) & 255) << 8) |
  ((text.charCodeAt(i + 2) & 255) << 16) |
  ((text.charCodeAt(i + 3) & 255) << 24);

/** Low bytes of the characters of the text that is scanned; typed arrays are read several times faster than text. */
let scratch = Buffer.alloc(64 * 1024);

type GramTable = {
  readonly stride: 1 | 4;
  readonly shift: number;
  readonly bitmap: Uint8Array;
  readonly grams: ReadonlyMap<number, readonly Gram[]>;
};

/**
 * Substrings by hashed four-character grams in a bitmap, without dependency between the steps. With stride 4 every fourth
 * place of the text is looked at, so four neighbouring grams of a literal are entered: one of them is met. The neighbours
 * are chosen where they are rarest in sample texts. Shorter literals have one gram and stride 1.
 */
function gramIndex(entries: readonly Entry[], background: readonly string[]): FieldIndex | undefined {
  const frequency = gramFrequency(entries.length === 0 ? [] : background);
  const tables = [
    gramTable(
      entries.filter(({ text }) => text.length >= 7),
      4,
      frequency,
    ),
    gramTable(
      entries.filter(({ text }) => text.length < 7),
      1,
      frequency,
    ),
  ].filter((table) => table !== undefined);
  if (tables.length === 0) return undefined;
  return {
    scan(text, fire) {
      const { length } = text;
      if (length < 4) return;
      if (length > scratch.length) scratch = Buffer.alloc(2 * length);
      // A call into the runtime costs more than a short loop.
      if (length < 48) for (let i = 0; i < length; i++) scratch[i] = text.charCodeAt(i);
      else scratch.write(text, 0, 'latin1');
      for (let k = 0; k < tables.length; k++) scanGrams(tables[k] as GramTable, text, scratch, fire);
    },
  };
}

function scanGrams({ stride, shift, bitmap, grams }: GramTable, text: string, bytes: Uint8Array, fire: Fire): void {
  const end = text.length - 3;
  for (let i = 0; i < end; i += stride) {
    const gram =
      (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
    const hash = Math.imul(gram, MIX) >>> shift;
    if (((bitmap[hash >> 3] as number) & (1 << (hash & 7))) !== 0) checkGram(grams, gram, text, i, fire);
  }
}

function checkGram(grams: GramTable['grams'], gram: number, text: string, at: number, fire: Fire): void {
  const found = grams.get(gram);
  if (found === undefined) return;
  for (let j = 0; j < found.length; j++) {
    const { offset, text: literal, rules } = found[j] as Gram;
    if (at >= offset && text.startsWith(literal, at - offset)) fire(rules);
  }
}

function gramTable(entries: readonly Entry[], stride: 1 | 4, frequency: ReadonlyMap<number, number>): GramTable | undefined {
  if (entries.length === 0) return undefined;
  const bits = Math.min(19, Math.max(13, Math.ceil(Math.log2(entries.length * stride * 24))));
  const shift = 32 - bits;
  const bitmap = new Uint8Array(1 << (bits - 3));
  const grams = new Map<number, Gram[]>();
  for (const { text, rules } of entries) {
    const best = rarest(text, stride, frequency);
    for (let k = 0; k < stride; k++) {
      const gram = gramAt(text, best + k);
      const hash = Math.imul(gram, MIX) >>> shift;
      bitmap[hash >> 3] = (bitmap[hash >> 3] as number) | (1 << (hash & 7));
      const item = { offset: best + k, text, rules };
      const known = grams.get(gram);
      if (known === undefined) grams.set(gram, [item]);
      else known.push(item);
    }
  }
  return { stride, shift, bitmap, grams };
}

function gramFrequency(texts: readonly string[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const text of texts) {
    const seen = new Set<number>();
    for (let i = 0; i + 4 <= text.length; i++) seen.add(gramAt(text, i));
    for (const gram of seen) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function rarest(text: string, stride: number, frequency: ReadonlyMap<number, number>): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 3 + stride <= text.length; i++) {
    let sum = 0;
    for (let k = 0; k < stride; k++) sum += frequency.get(gramAt(text, i + k)) ?? 0;
    if (sum < least) [best, least] = [i, sum];
  }
  return best;
}

/** One to three characters, looked for one by one; of many, those alone whose characters the text has. */
function shortIndex(entries: readonly Entry[]): FieldIndex | undefined {
  if (entries.length === 0) return undefined;
  const many = entries.length >= MANY_LITERALS;
  return {
    scan(text, fire) {
      if (many) noteUnits(text);
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i] as Entry;
        if ((!many || hasUnitsOf(entry.text)) && text.includes(entry.text)) fire(entry.rules);
      }
    },
  };
}
