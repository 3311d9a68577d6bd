import type { DeadLetterReason } from '../event/dead-letter.ts';
import type { ReadTag } from '../event/tags.ts';
import { messageOf } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { scanJson } from './json-guard.ts';

export type ParseFailure = { readonly reason: DeadLetterReason; readonly detail: string; readonly at: number | undefined };
/** `tags`: keys that stood twice in an object (the last one counts), numbers that no double holds (kept as text). */
export type ParsedJson = { readonly value: JsonValue; readonly tags: readonly ReadTag[] } | ParseFailure;

type WithSource = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * Numbers that a double cannot hold exactly stay the text they were: integers beyond 2^53, and what would become infinite,
 * which is told.
 */
const keepWideNumbers =
  (onInfinite: () => void): WithSource =>
  (_key, value, context) => {
    if (typeof value !== 'number' || context.source === undefined) return value;
    if (!Number.isFinite(value)) onInfinite();
    else if (Number.isSafeInteger(value) || !/^-?\d+$/.test(context.source)) return value;
    return context.source;
  };

const NO_TAGS: readonly ReadTag[] = [];

/**
 * Parses one JSON text within the limits; never throws. Wide integers are put in quotes before parsing, which costs far
 * less than a reviver that sees every value; the reviver runs only where an exponent may make a number infinite.
 */
export function parseJson(bytes: Uint8Array, maxDepth: number, maxKeys?: number): ParsedJson {
  const { tooDeepAt, tooWideAt, wideIntegers, exponents, members } = scanJson(bytes, maxDepth, maxKeys);
  if (tooDeepAt >= 0) return { reason: 'too-deep', detail: `nested deeper than ${maxDepth} levels`, at: tooDeepAt };
  if (tooWideAt >= 0) return { reason: 'too-many-keys', detail: `an object with more than ${maxKeys} keys`, at: tooWideAt };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = wideIntegers.length === 0 || exponents ? buffer.toString('utf8') : quoted(buffer, wideIntegers);
  try {
    // The type declarations do not know the third argument of the reviver yet (ES2025 source text access).
    let infinite = false;
    const keep = keepWideNumbers(() => {
      infinite = true;
    }) as (key: string, value: unknown) => unknown;
    const value = (exponents ? JSON.parse(text, keep) : JSON.parse(text)) as JsonValue;
    const repeated = members > 1 && membersOf(value) < members;
    return { value, tags: repeated || infinite ? tagsOf(repeated, infinite) : NO_TAGS };
  } catch (error) {
    const original = wideIntegers.length === 0 ? text : buffer.toString('utf8');
    return { reason: 'invalid-json', detail: messageOf(error), at: placeOf(original === text ? messageOf(error) : '', original) };
  }
}

const tagsOf = (repeated: boolean, infinite: boolean): readonly ReadTag[] => [
  ...(repeated ? (['duplicate_key'] as const) : []),
  ...(infinite ? (['number_range'] as const) : []),
];

/** Members of all objects below a value. Its depth is limited. */
function membersOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const inner of value as readonly JsonValue[]) if (typeof inner === 'object') count += membersOf(inner);
    return count;
  }
  const members = value as JsonObject;
  // What JSON.parse makes has own keys alone, `__proto__` among them.
  for (const key in members) {
    count++;
    const inner = members[key];
    if (typeof inner === 'object' && inner !== null) count += membersOf(inner);
  }
  return count;
}

/** The text with every integer in quotes that is not safe as a double. */
function quoted(buffer: Buffer, ranges: readonly number[]): string {
  let out = '';
  let done = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const [from, to] = [ranges[i] as number, ranges[i + 1] as number];
    const digits = buffer.toString('latin1', from, to);
    if (Number.isSafeInteger(Number(digits))) continue;
    out += `${buffer.toString('utf8', done, from)}"${digits}"`;
    done = to;
  }
  return out + buffer.toString('utf8', done);
}

/** The engine names the position in most messages: `... at position 12 (line 1 column 13)`; else it is searched for. */
function placeOf(message: string, text: string): number | undefined {
  const digits = /at position (\d+)/.exec(message)?.[1];
  const at = digits === undefined ? searchPlace(text) : Number(digits);
  return at === undefined ? undefined : Buffer.byteLength(text.slice(0, at));
}

const SEARCHED_CHARACTERS = 65_536;

/** The first character that no continuation could mend, by halving: a text that merely ends too early is sound so far. */
function searchPlace(text: string): number | undefined {
  if (text.length > SEARCHED_CHARACTERS) return undefined;
  let sound = 0;
  let broken = text.length;
  if (endsEarly(text)) return text.length;
  while (broken - sound > 1) {
    const middle = (sound + broken) >> 1;
    if (endsEarly(text.slice(0, middle))) sound = middle;
    else broken = middle;
  }
  return sound;
}

function endsEarly(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = messageOf(error);
    return /^Unexpected end|^Unterminated|^Bad control|^No number after/.test(message) || message.includes(`at position ${text.length} `);
  }
}
