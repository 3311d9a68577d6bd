import { type ByteLiteral, type Item, RARITY, writeList, writeLiteral } from './literal-tables.ts';
import type { Machine } from './machine.ts';

// The table of assembly/few.ts: which of eight lists of literals could begin at a place, by the bytes there.

/** With more literals the tables say of most places that something could begin there. */
export const MOST_FEW = 32;

const LISTS = 8;
const HALVES = 64;
const HALF_BYTES = 16;
const MOST_POSITIONS = 4;
/** Sample bytes that a choice of positions is tried on. */
const TRIED = 16 * 1024;
/** What a place costs for each position, and what comparing costs, in nanoseconds. */
const [POSITION_COST, COMPARE_COST] = [0.04, 15];

type Windowed = { readonly literal: ByteLiteral; readonly offset: number };
type Plan = { readonly positions: number; readonly lists: readonly (readonly Windowed[])[]; readonly halves: Uint8Array };

/** Address of the table for literals of any length; `samples` are texts as they stand in JSON. */
export function fewTable(machine: Machine, literals: readonly ByteLiteral[], samples: readonly string[]): number {
  const text = Buffer.from(samples.join('\n'));
  const pairs = countPairs(text);
  const tried = text.subarray(0, TRIED);
  const plans = [2, 3, MOST_POSITIONS].map((positions) => planFor(literals, positions, pairs));
  const cost = (plan: Plan): number => plan.positions * POSITION_COST + COMPARE_COST * passed(plan, tried);
  const best = text.length === 0 ? (plans[1] as Plan) : plans.reduce((least, plan) => (cost(plan) < cost(least) ? plan : least));
  const table = machine.allocate(HALVES + best.halves.length);
  const lists = best.lists.map((list) =>
    writeList(
      machine,
      list.map(({ literal, offset }): Item => ({ literal: writeLiteral(machine, literal), offset })),
    ),
  );
  machine.words.set([best.positions, ...lists], table >> 2);
  machine.bytes.set(best.halves, table + HALVES);
  return table;
}

/** How often pairs of bytes stand in texts. */
function countPairs(text: Uint8Array): Uint32Array {
  const counts = new Uint32Array(65_536);
  for (let i = 0; i + 1 < text.length; i++) {
    const pair = (text[i] as number) | ((text[i + 1] as number) << 8);
    counts[pair] = (counts[pair] as number) + 1;
  }
  return counts;
}

function planFor(literals: readonly ByteLiteral[], positions: number, pairs: Uint32Array): Plan {
  const windowed = literals.map((literal) => ({ literal, offset: rarest(literal.bytes, positions, pairs) }));
  // What looks alike shares a list, so that the tables stay narrow; short literals fit anything where they have no byte.
  windowed.sort((a, b) => compareWindows(a, b, positions));
  const lists: Windowed[][] = Array.from({ length: LISTS }, () => []);
  for (const [i, one] of windowed.entries()) (lists[Math.floor((i * LISTS) / windowed.length)] as Windowed[]).push(one);
  const halves = new Uint8Array(MOST_POSITIONS * 2 * HALF_BYTES);
  lists.forEach((list, bit) => {
    for (const { literal, offset } of list)
      for (let k = 0; k < positions; k++) {
        const byte = literal.bytes[offset + k];
        for (let half = 0; half < HALF_BYTES; half++) {
          const at = 2 * k * HALF_BYTES + half;
          if (byte === undefined || (byte & 15) === half) halves[at] = (halves[at] as number) | (1 << bit);
          if (byte === undefined || byte >> 4 === half) halves[at + HALF_BYTES] = (halves[at + HALF_BYTES] as number) | (1 << bit);
        }
      }
  });
  return { positions, lists, halves };
}

/** Where the bytes looked for stand in a literal: where its rarest pair is. */
function rarest(bytes: Uint8Array, positions: number, pairs: Uint32Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + positions <= bytes.length; i++) {
    let count = Number.POSITIVE_INFINITY;
    for (let k = i; k + 1 < i + positions; k++)
      count = Math.min(count, pairs[(bytes[k] as number) | ((bytes[k + 1] as number) << 8)] as number);
    // Of those that samples have as often, the one with the rarer bytes.
    const score = count * 4096 + positions * 255 - rarity(bytes, i, positions);
    if (score < least) [best, least] = [i, score];
  }
  return best;
}

function rarity(bytes: Uint8Array, from: number, positions: number): number {
  let sum = 0;
  for (let k = from; k < from + positions; k++) sum += RARITY[bytes[k] as number] as number;
  return sum;
}

function compareWindows(a: Windowed, b: Windowed, positions: number): number {
  for (let k = 0; k < positions; k++) {
    const difference = (a.literal.bytes[a.offset + k] ?? 256) - (b.literal.bytes[b.offset + k] ?? 256);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Share of places of a text that the tables let pass. */
function passed({ positions, halves }: Plan, text: Uint8Array): number {
  let count = 0;
  for (let i = 0; i + positions <= text.length; i++) {
    let lists = 255;
    for (let k = 0; k < positions && lists !== 0; k++) {
      const byte = text[i + k] as number;
      lists &= (halves[2 * k * HALF_BYTES + (byte & 15)] as number) & (halves[(2 * k + 1) * HALF_BYTES + (byte >> 4)] as number);
    }
    if (lists !== 0) count++;
  }
  return text.length === 0 ? 0 : count / text.length;
}
