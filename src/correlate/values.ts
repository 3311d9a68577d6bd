import type { Nanos } from '../event/time.ts';
import { sha256Hex } from '../shared/digest.ts';
import type { JsonValue } from '../shared/json.ts';

/** Arrays count by element; the product of several is cut at this many tuples per event. */
export const MAX_TUPLES = 16;

export function tuplesOf(parts: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const [only] = parts;
  // Most rules have one field, and most fields one value.
  if (only !== undefined && parts.length === 1 && only.length === 1) return [only];
  let tuples: (readonly string[])[] = [[]];
  for (const part of parts) tuples = tuples.flatMap((tuple) => part.map((text) => [...tuple, text])).slice(0, MAX_TUPLES);
  return tuples;
}

const NO_TEXTS: readonly string[] = [];

/** The text form of a value, one per element of an array; a missing value and null have none. */
export function textsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return NO_TEXTS;
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return [...new Set((value as readonly JsonValue[]).flatMap(textsOf))];
  return typeof value === 'object' ? [JSON.stringify(value)] : [String(value)];
}

/** The first of the texts of a value. */
export const textOf = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' ? value : textsOf(value)[0]);

const NO_NUMBERS: readonly number[] = [];

/** The numbers of a value; numeric text is read, other values are none. */
export function numbersOf(value: JsonValue | undefined): readonly number[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [value] : NO_NUMBERS;
  return textsOf(value)
    .filter((text) => text.trim() !== '')
    .map(Number)
    .filter(Number.isFinite);
}

/** The first of the numbers of a value. */
export const numberOf = (value: JsonValue | undefined): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : numbersOf(value)[0];

/** Values longer than this many characters are known by their beginning and a digest: their sender must not fill the memory. */
const LONG = 256;
const BEGINNING = 64;
/** About what a value takes that is kept in a set or a map. */
export const VALUE_BYTES = 160;

/** A text that stands for the value, and is no longer than `LONG`. */
export const valueKey = (text: string): string => (text.length <= LONG ? text : `${text.slice(0, BEGINNING)}… (sha256 ${sha256Hex(text)})`);

/** Is there no value in one of the fields, so that they have none together? */
export const lacksAny =
  (fields: readonly string[]) =>
  (values: Readonly<Record<string, JsonValue>>): boolean =>
    fields.some((field) => textsOf(values[field]).length === 0);

/**
 * What several fields of a match have together, as one text per combination; one field alone is its own text. `cut` is told
 * how many combinations are left out.
 */
export function valueKeys(
  fields: readonly string[],
  values: Readonly<Record<string, JsonValue>>,
  cut?: (count: number, time: Nanos) => void,
  time: Nanos = 0n,
): readonly string[] {
  if (fields.length === 1) {
    const texts = textsOf(values[fields[0] as string]);
    if (texts.length > MAX_TUPLES) cut?.(texts.length - MAX_TUPLES, time);
    const [only] = texts;
    // Most matches have one short value.
    if (texts.length === 1 && only !== undefined && only.length <= LONG) return texts;
    return texts.slice(0, MAX_TUPLES).map(valueKey);
  }
  const parts = fields.map((field) => textsOf(values[field]));
  const all = parts.reduce((product, { length }) => product * length, 1);
  if (all > MAX_TUPLES) cut?.(all - MAX_TUPLES, time);
  return tuplesOf(parts).map((tuple) => (tuple.length === 1 ? (tuple[0] as string) : JSON.stringify(tuple.map(valueKey))));
}
