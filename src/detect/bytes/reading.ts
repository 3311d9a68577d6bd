import { createAccessor } from '../../event/accessor.ts';
import type { Accessor, FieldSource } from '../../event/field-source.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { KeyPath, KeyTree } from './key-tree.ts';
import { writeWords } from './literal-tables.ts';
import type { Machine } from './machine.ts';

/** How a field is read from tokens: the first step that is present answers. Steps are places or computed values. */
export type Reading = {
  readonly steps: readonly Step[];
  /** The places that the first steps are, up to the first that is computed: most fields need no more. */
  readonly direct: Int32Array;
  /** Reads the same field from the parsed document. */
  readonly accessor: Accessor;
  /** Some place is below another key, so that an array on the way changes the answer. */
  readonly deep: boolean;
};

export type Step = { readonly place: number } | Computed;
export type Computed = {
  readonly reads: readonly Reading[];
  /** Every place it may read. */
  readonly places: Int32Array;
  /** True: where none of the places is present, it is missing. */
  readonly silent: boolean;
  readonly apply: (values: readonly (JsonValue | undefined)[]) => JsonValue | undefined;
  /** What `apply` says where nothing of what it reads is there. */
  readonly ofNothing: JsonValue | undefined;
};

export function createReading(source: FieldSource, tree: KeyTree): Reading {
  const steps: Step[] = [];
  const known = new Set<number>();
  let deep = false;
  const add = (one: FieldSource): void => {
    switch (one.kind) {
      case 'path':
        for (const path of spellings(one.keys)) {
          const place = tree.place(path);
          if (!known.has(place)) steps.push({ place });
          known.add(place);
          deep ||= path.length > 1;
        }
        break;
      case 'first-of':
        one.sources.forEach(add);
        break;
      case 'constant':
        steps.push({ reads: [], places: new Int32Array(0), silent: false, apply: () => one.value, ofNothing: one.value });
        break;
      case 'compute': {
        const reads = one.reads.map((read) => createReading(read, tree));
        const places = Int32Array.from(new Set(reads.flatMap(placesOf)));
        const ofNothing = one.apply(reads.map(() => undefined));
        steps.push({ reads, places, silent: ofNothing === undefined && reads.every(isSilent), apply: one.apply, ofNothing });
        deep ||= reads.some((read) => read.deep);
      }
    }
  };
  add(source);
  const computed = steps.findIndex((step) => !('place' in step));
  const direct = (computed < 0 ? steps : steps.slice(0, computed)) as readonly { readonly place: number }[];
  return { steps, direct: Int32Array.from(direct, ({ place }) => place), accessor: createAccessor(source), deep };
}

const isSilent = ({ steps }: Reading): boolean => steps.every((step) => 'place' in step || step.silent);

/** Every place a reading may ask. */
function placesOf({ steps }: Reading): readonly number[] {
  return steps.flatMap((step) => ('place' in step ? [step.place] : [...step.places]));
}

/** `a.b.c` may stand as one flat key, as `a.b` over `c`, and so on: the spellings in the order of look-up. */
function spellings(keys: KeyPath): readonly KeyPath[] {
  if (keys.length === 1) return [keys];
  return keys.flatMap((_, i) => {
    const head = keys.slice(0, keys.length - i).join('.');
    const rest = keys.slice(keys.length - i);
    return rest.length === 0 ? [[head]] : spellings(rest).map((tail) => [head, ...tail]);
  });
}

/** The same for the machine, as assembly/places.ts reads it. */
export function writeSlot(machine: Machine, { steps, direct, deep }: Reading): number {
  const further = steps.slice(direct.length).flatMap((step) => {
    if ('place' in step) return [step.place, 0];
    return [-1, step.silent ? writeWords(machine, [step.places.length, ...step.places]) : 0];
  });
  return writeWords(machine, [deep ? 1 : 0, direct.length, ...direct, further.length / 2, ...further]);
}
