import { writeWords } from './literal-tables.ts';
import type { Machine } from './machine.ts';
import type { Reading } from './reading.ts';

// What assembly/routes.ts reads to find the route of a line.

/** How a format is recognised, all places of one of the lists, and the values that tell its route. */
export type Recognition = { readonly marks: readonly Int32Array[]; readonly values: readonly Reading[] };

/** Longest key, and what a whole word may add. */
const KEY_BYTES = 512 + 32;
const SLOTS = 8192;
const ENTRY_BYTES = 128 * 1024;

/** Addresses of what all routers of a machine share: the routes that are known, none yet, and room for a key. */
export type KeptRoutes = { readonly known: number; readonly key: number };

export function createKeptRoutes(machine: Machine): KeptRoutes {
  const known = machine.allocate(12 + 4 * SLOTS + ENTRY_BYTES);
  const entries = known + 12 + 4 * SLOTS;
  machine.words.set([0, entries, entries + ENTRY_BYTES], known >> 2);
  return { known, key: machine.allocate(KEY_BYTES) };
}

/** Address of a router. */
export function writeRouter(machine: Machine, { known, key }: KeptRoutes, envelopes: Int32Array, formats: readonly Recognition[]): number {
  const words = formats.flatMap(({ marks, values }) => [
    writeCounted(
      machine,
      marks.map((places) => writeCounted(machine, places)),
    ),
    writeReadings(machine, values),
  ]);
  return writeWords(machine, [writeCounted(machine, envelopes), formats.length, known, key, ...words]);
}

const writeCounted = (machine: Machine, words: ArrayLike<number>): number => writeWords(machine, [words.length, ...Array.from(words)]);

function writeReadings(machine: Machine, readings: readonly Reading[]): number {
  return writeCounted(
    machine,
    readings.map(({ steps, deep }) => {
      const words = steps.flatMap((step) => ('place' in step ? [step.place, 0] : [-1, writeReadings(machine, step.reads)]));
      return writeWords(machine, [deep ? 1 : 0, steps.length, ...words]);
    }),
  );
}
