import type { Place } from '../shared/errors.ts';
import type { DocumentPath } from './problem.ts';

/** One scalar of a rule file after Wardline's own typing; integers beyond 2^53 are exact. */
export type Scalar = string | number | bigint | boolean | null;
export type Plain = Scalar | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainMap = { readonly [key: string]: Plain };

/** One YAML document of a file: its value, and where in the file every part of it stands. */
export type SourceDocument = {
  readonly file: string;
  readonly value: Plain;
  /** The key or value at a path, or the nearest part of the document above it; `at` counts code points into the scalar. */
  placeOf(path: DocumentPath, what?: 'key' | 'value', at?: number): Place;
  /** The text of a plain scalar as it was written (`0777`, `4.10`), or the text of a quoted one; undefined if it is none. */
  sourceText(path: DocumentPath): string | undefined;
  /** Was the scalar at the path written in quotes or as a block, so that its author meant text? */
  isQuoted(path: DocumentPath): boolean;
};

export function isMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}
