import { isObject, type JsonValue } from '../shared/json.ts';

/** One leaf of a decoded document. */
export type Leaf = string | number | boolean;

/** The text of a leaf as rules compare it: numbers in their shortest decimal form, booleans as true and false. */
export function leafText(leaf: Leaf): string {
  return typeof leaf === 'string' ? leaf : String(leaf);
}

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/** A leaf as a number: numbers, and text that is a plain decimal number; integers beyond 2^53 exactly. Booleans are none. */
export function leafNumber(leaf: Leaf): number | bigint | undefined {
  if (typeof leaf === 'number') return leaf;
  if (typeof leaf !== 'string' || leaf.length > 400 || !DECIMAL.test(leaf)) return undefined;
  const value = Number(leaf);
  return INTEGER.test(leaf) && !Number.isSafeInteger(value) ? BigInt(leaf) : value;
}

/** The elements a comparison may choose from: of an array each element, nested ones too; null and objects are none. */
export function leavesOf(value: JsonValue | undefined): readonly Leaf[] {
  if (value === undefined || value === null) return NONE;
  if (typeof value !== 'object') return [value];
  const out: Leaf[] = [];
  if (Array.isArray(value)) for (const element of value as readonly JsonValue[]) collectElement(element, out);
  return out;
}

const NONE: readonly Leaf[] = [];

function collectElement(value: JsonValue, out: Leaf[]): void {
  if (Array.isArray(value)) for (const element of value as readonly JsonValue[]) collectElement(element, out);
  else if (value !== null && !isObject(value)) out.push(value as Leaf);
}

/** Every leaf value of a document, keys left out, in no particular order; a loop, so that depth costs no stack. */
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
