import type { Indexes } from '../plan.ts';
import type { ByteIndex } from './byte-index.ts';
import type { ByteView } from './byte-view.ts';
import { writeWords } from './literal-tables.ts';

/** The indexes of a group of rules in the form in which the machine goes through all of them at once (assembly/group.ts). */
export type ByteGroup = {
  readonly at: number;
  /** Address of the candidates of the event that was scanned last. */
  readonly candidates: number;
  /** Address of the fields that bytes did not say all about. */
  readonly left: number;
  readonly indexes: Indexes<ByteIndex>;
};

export function createByteGroup(view: ByteView, rules: number, indexes: Indexes<ByteIndex>): ByteGroup {
  const { machine } = view;
  const { fields, keywords } = indexes;
  const stamps = machine.allocate(4 * rules);
  const candidates = machine.allocate(4 * rules);
  // A field may be left for two reasons.
  const left = machine.allocate(8 * (fields.length + 1));
  const words = fields.flatMap(({ slot, index }) => {
    const { direct, steps, deep } = view.reading(slot);
    return [index.at, deep ? 1 : 0, steps.length > direct.length ? 1 : 0, direct.length, writeWords(machine, direct)];
  });
  const at = writeWords(machine, [stamps, candidates, left, keywords?.at ?? 0, fields.length, ...words]);
  return { at, candidates, left, indexes };
}
