import type { Anchor } from '../anchors.ts';
import type { Fire } from '../literal-index.ts';
import type { Entry } from '../plan.ts';
import { edgeScan } from './byte-edges.ts';
import { equalsScan } from './byte-equals.ts';
import { countWords, gramScan, shortScan } from './byte-grams.ts';
import type { ByteLiteral, ByteScan } from './byte-literal.ts';
import { numberScan } from './byte-numbers.ts';
import type { PaddedBytes } from './padded-bytes.ts';

/** All anchors of one field, looked for in the bytes of its value as JSON writes it. */
export type ByteIndex = {
  scan(text: PaddedBytes, from: number, to: number, fire: Fire): void;
  /** True if some anchor is beyond ASCII: folded values with such characters go through `scanWide` as well. */
  readonly hasWide: boolean;
  scanWide(folded: string, fire: Fire): void;
};

/** A text between the quotes of JSON. */
export const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;
const nothing: ByteScan = () => {};

export function createByteIndex(entries: readonly Entry[], background: readonly string[]): ByteIndex {
  const wide = entries.filter(({ text }) => !isAscii(text));
  const ascii = entries
    .filter(({ text }) => isAscii(text))
    .map(({ kind, text, rules }) => ({ kind, bytes: Buffer.from(escaped(text)), rules }));
  const of = (kind: Anchor['kind'], least = 0, most = Number.POSITIVE_INFINITY): ByteLiteral[] =>
    ascii.filter((literal) => literal.kind === kind && literal.bytes.length >= least && literal.bytes.length <= most);
  const build = (literals: ByteLiteral[], make: (literals: ByteLiteral[]) => ByteScan): ByteScan =>
    literals.length === 0 ? nothing : make(literals);
  const samples = countWords(of('contains', 4).length === 0 ? [] : background.map(escaped));
  const scans = [
    build(of('equals'), equalsScan),
    build(of('prefix'), (literals) => edgeScan(literals, 'prefix')),
    build(of('suffix'), (literals) => edgeScan(literals, 'suffix')),
    build(of('contains', 7), (literals) => gramScan(literals, 4, samples)),
    build(of('contains', 5, 6), (literals) => gramScan(literals, 2, samples)),
    build(of('contains', 4, 4), (literals) => gramScan(literals, 1, samples)),
    build(of('contains', 0, 3), shortScan),
    build(of('number'), numberScan),
  ] as const;
  // One variable per kind and not a list: each call has one target.
  const [equals, prefix, suffix, long, middle, four, short, numbers] = scans;
  return {
    scan(text, from, to, fire) {
      if (equals !== nothing) equals(text, from, to, fire);
      if (prefix !== nothing) prefix(text, from, to, fire);
      if (suffix !== nothing) suffix(text, from, to, fire);
      if (long !== nothing) long(text, from, to, fire);
      if (middle !== nothing) middle(text, from, to, fire);
      if (four !== nothing) four(text, from, to, fire);
      if (short !== nothing) short(text, from, to, fire);
      if (numbers !== nothing) numbers(text, from, to, fire);
    },
    hasWide: wide.length > 0,
    // A wide anchor is looked for anywhere in the value, whatever its kind: candidates are verified.
    scanWide(folded, fire) {
      for (let i = 0; i < wide.length; i++) if (folded.includes((wide[i] as Entry).text)) fire((wide[i] as Entry).rules);
    },
  };
}
