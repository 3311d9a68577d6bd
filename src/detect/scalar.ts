import type { JsonValue } from '../shared/json.ts';

/** One leaf of a decoded document. */
export type Leaf = string | number | boolean;

/** The text of a leaf as rules compare it: numbers in their shortest decimal form, booleans as true and false. */
export function leafText(leaf: Leaf): string {
  return typeof leaf === 'string' ? leaf : String(leaf);
}

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/** Most text is no number, and its first character says so. */
function startsNumber(text: string): boolean {
  const c = text.charCodeAt(0);
  return (c >= 0x30 && c <= 0x39) || c === 0x2d;
}

/** A leaf as a number: numbers, and text that is a plain decimal number; integers beyond 2^53 exactly. Booleans are none. */
export function leafNumber(leaf: Leaf): number | bigint | undefined {
  if (typeof leaf === 'number') return leaf;
  if (typeof leaf !== 'string' || leaf.length > 400 || !startsNumber(leaf) || !DECIMAL.test(leaf)) return undefined;
  const value = Number(leaf);
  return INTEGER.test(leaf) && !Number.isSafeInteger(value) ? BigInt(leaf) : value;
}

/**
 * The values a comparison may choose from. An array answers through its elements, an object through its values: rules
 * such as `requestParameters|contains` ask about whatever lies below a field.
 */
export function leavesOf(value: JsonValue | undefined): readonly Leaf[] {
  if (value === undefined || value === null) return NONE;
  return typeof value === 'object' ? allLeaves(value) : [value];
}

const NONE: readonly Leaf[] = [];

/** Every leaf value below a value, keys and nulls left out, in no particular order; a loop, so that depth costs no stack. */
export function allLeaves(document: JsonValue): readonly Leaf[] {
  const out: Leaf[] = [];
  const stack: JsonValue[] = [document];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (value === null) continue;
    if (typeof value !== 'object') out.push(value);
    else for (const inner of Array.isArray(value) ? (value as readonly JsonValue[]) : Object.values(value)) stack.push(inner);
  }
  return out;
}
