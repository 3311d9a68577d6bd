import type { Anchor } from '../anchors.ts';
import type { Entry } from '../plan.ts';
import { leafNumber } from '../scalar.ts';
import { hasUnitsOf, MANY_LITERALS, noteUnits } from '../units.ts';
import { fewTable, MOST_FEW } from './byte-few.ts';
import { countWords, gramTable } from './byte-grams.ts';
import { edgeTable, equalsTable, pairTable } from './byte-scans.ts';
import { type ByteLiteral, escaped, tableWords, writeRules, writeWords } from './literal-tables.ts';
import type { Machine } from './machine.ts';

/** All anchors of one field, looked for in the bytes of its value as JSON writes it; rules are told to the machine. */
export type ByteIndex = {
  /** Address in the machine, whose `scanIndex` reads it. */
  readonly at: number;
  /** Anchors beyond ASCII are looked for in folded text. */
  scanWide(folded: string): void;
  /** A number in a spelling that the machine does not read. */
  scanNumber(text: string): void;
};

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

type ByLength = readonly [short: ByteLiteral[], four: ByteLiteral[], middle: ByteLiteral[], long: ByteLiteral[]];

/** Lengths are looked for together while they are few, those first that cost most to look for by themselves. */
function divide(classes: ByLength): { readonly few: ByteLiteral[]; readonly rest: ByLength } {
  const few: ByteLiteral[] = [];
  const [short, four, middle, long] = classes.map((literals) => {
    if (few.length + literals.length > MOST_FEW) return literals;
    few.push(...literals);
    return [];
  }) as unknown as ByLength;
  return { few, rest: [short, four, middle, long] };
}

export function createByteIndex(machine: Machine, entries: readonly Entry[], background: readonly string[]): ByteIndex {
  const wide = entries.filter(({ text }) => !isAscii(text)).map(({ text, rules }) => ({ text, rules: writeRules(machine, rules) }));
  const ascii = entries
    .filter(({ text }) => isAscii(text))
    .map(({ kind, text, rules }) => ({ kind, bytes: Buffer.from(escaped(text)), rules }));
  const of = (kind: Anchor['kind'], least = 0, most = Number.POSITIVE_INFINITY): ByteLiteral[] =>
    ascii.filter((literal) => literal.kind === kind && literal.bytes.length >= least && literal.bytes.length <= most);
  const build = (literals: ByteLiteral[], make: (literals: ByteLiteral[]) => number): number =>
    literals.length === 0 ? 0 : make(literals);
  const texts = background.map(escaped);
  const { few, rest } = divide([of('contains', 0, 3), of('contains', 4, 4), of('contains', 5, 6), of('contains', 7)]);
  const [short, four, middle, long] = rest;
  const samples = countWords(four.length + middle.length + long.length === 0 ? [] : texts);
  const numbers = new Map(
    entries.filter(({ kind }) => kind === 'number').map(({ text, rules }) => [Number(text), writeRules(machine, rules)]),
  );
  const at = writeWords(machine, [
    build(of('equals'), (literals) => equalsTable(machine, literals)),
    build(of('prefix'), (literals) => edgeTable(machine, literals, 'prefix')),
    build(of('suffix'), (literals) => edgeTable(machine, literals, 'suffix')),
    build(long, (literals) => gramTable(machine, literals, 4, samples)),
    build(middle, (literals) => gramTable(machine, literals, 2, samples)),
    build(four, (literals) => gramTable(machine, literals, 1, samples)),
    build(short, (literals) => pairTable(machine, literals)),
    build(few, (literals) => fewTable(machine, literals, texts)),
    numbers.size === 0 ? 0 : writeWords(machine, tableWords(new Map([...numbers].filter(([number]) => (number | 0) === number)))),
    wide.length,
  ]);
  return {
    at,
    // A wide anchor is looked for anywhere in the value, whatever its kind: candidates are verified.
    scanWide(folded) {
      const many = wide.length >= MANY_LITERALS;
      if (many) noteUnits(folded);
      for (const { text, rules } of wide) if ((!many || hasUnitsOf(text)) && folded.includes(text)) machine.run.fire(rules);
    },
    scanNumber(text) {
      const number = leafNumber(text);
      const rules = typeof number === 'number' ? numbers.get(number) : undefined;
      if (rules !== undefined) machine.run.fire(rules);
    },
  };
}
