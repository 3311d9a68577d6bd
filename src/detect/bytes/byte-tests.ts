import { fold } from '../../shared/fold.ts';
import { type Anchor, exactAnchor, isPlain } from '../anchors.ts';
import type { Program, TextPredicate, TextTests } from '../program.ts';
import { createByteIndex, escaped } from './byte-index.ts';
import { type ByteView, NOWHERE } from './byte-view.ts';
import { writeLiteral, writeWords } from './literal-tables.ts';
import type { Machine } from './machine.ts';

/** How a needle must lie in the value. */
const HOW = { equals: 0, prefix: 1, suffix: 2, contains: 3 } as const;

/**
 * Tests of texts on the bytes of a line: a candidate is refuted without a text being made. Where a value is not its bytes
 * (arrays, characters beyond ASCII) the program that reads texts answers.
 */
export function createByteTests(view: ByteView, slotOf: (field: string) => number): TextTests {
  const { machine } = view;
  const { run } = machine;
  const ask =
    (slot: number, holds: (place: number) => boolean, otherwise: Program): Program =>
    (other) => {
      const place = view.textPlace(slot);
      if (place >= 0) return holds(place);
      return place === NOWHERE ? false : otherwise(other);
    };

  return {
    one(predicate, otherwise) {
      const { field, pattern } = predicate;
      if (field === null) return undefined;
      const slot = slotOf(field);
      const exact = exactAnchor(predicate);
      if (exact !== undefined && exact.kind !== 'number') {
        const [how, needle] = [HOW[exact.kind], writeNeedle(machine, exact.text)];
        return ask(slot, (place) => run.holds(place, how, needle) !== 0, otherwise);
      }
      const longest = longestText(pattern);
      if (longest === undefined) return undefined;
      // Every literal must occur: most values are refuted by the longest.
      const needle = writeNeedle(machine, longest);
      const may = ask(
        slot,
        (place) => run.holds(place, HOW.contains, needle) !== 0,
        () => true,
      );
      return (other) => may(other) && otherwise(other);
    },
    known: (predicate) => exactAnchor(predicate) !== undefined,
    some(predicates, otherwise) {
      const anchors = predicates.map(exactAnchor).filter((anchor) => anchor !== undefined);
      const [{ field }] = anchors as [Anchor];
      const rules = Int32Array.of(0);
      const index = createByteIndex(
        machine,
        anchors.map(({ kind, text }) => ({ kind, text, rules })),
        [],
      ).at;
      return ask(slotOf(field as string), (place) => run.holdsAny(place, index, machine.scratch) !== 0, otherwise);
    },
    inOrder(field, sets, otherwise) {
      // A set with a text that bytes do not show says nothing here; the others do.
      const readable = sets.filter((set) => set.every(isPlain));
      if (readable.length === 0) return undefined;
      const at = writeWords(machine, [
        readable.length,
        ...readable.flatMap((set) => [set.length, ...set.map((text) => writeNeedle(machine, text))]),
      ]);
      const may = ask(slotOf(field), (place) => run.holdsInOrder(place, at) !== 0, otherwise);
      return readable.length === sets.length ? may : (other) => may(other) && otherwise(other);
    },
  };
}

function longestText(pattern: TextPredicate['pattern']): string | undefined {
  const texts = pattern.filter((token): token is string => typeof token === 'string' && isPlain(token)).map(fold);
  return texts.reduce<string | undefined>((best, text) => (best === undefined || text.length > best.length ? text : best), undefined);
}

/** Bytes that log texts have most of, the most frequent first; what is not among them is rare. */
const FREQUENT = Buffer.from(' e\\tionasrldcm"-.phwu0gfyb1kv/:,2xs345=_(){}$68790;qjz');
const RANK = new Uint8Array(256).fill(255);
for (const [rank, byte] of FREQUENT.entries()) if (RANK[byte] === 255) RANK[byte] = rank;

/** A literal with the offsets of its two rarest bytes, by which it is looked for. */
function writeNeedle(machine: Machine, text: string): number {
  const bytes = Buffer.from(escaped(text));
  const offsets = [...bytes.keys()].sort((a, b) => (RANK[bytes[b] as number] as number) - (RANK[bytes[a] as number] as number));
  const [one = 0, other = one] = offsets;
  return writeWords(machine, [writeLiteral(machine, { bytes, rules: new Int32Array(0) }), one, other]);
}
