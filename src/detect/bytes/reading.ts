import { createAccessor } from '../../event/accessor.ts';
import type { Accessor, FieldSource } from '../../event/field-source.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { KeyPath, KeyTree } from './key-tree.ts';

/** How a field is read from tokens: the first step that is present answers. Steps are places or computed values. */
export type Reading = {
  readonly steps: readonly Step[];
  /** Reads the same field from the parsed document. */
  readonly accessor: Accessor;
  /** Some place is below another key, so that an array on the way changes the answer. */
  readonly deep: boolean;
};

export type Step = { readonly place: number } | Computed;
export type Computed = {
  readonly reads: readonly Reading[];
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
        steps.push({ reads: [], apply: () => one.value, ofNothing: one.value });
        break;
      case 'compute': {
        const reads = one.reads.map((read) => createReading(read, tree));
        steps.push({ reads, apply: one.apply, ofNothing: one.apply(reads.map(() => undefined)) });
        deep ||= reads.some((read) => read.deep);
      }
    }
  };
  add(source);
  return { steps, accessor: createAccessor(source), deep };
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
