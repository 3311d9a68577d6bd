import type { DeadLetterReason } from '../event/dead-letter.ts';
import { messageOf } from '../shared/errors.ts';
import type { JsonValue } from '../shared/json.ts';
import { scanJson } from './json-guard.ts';

export type ParseFailure = { readonly reason: DeadLetterReason; readonly detail: string; readonly at: number | undefined };
export type ParsedJson = { readonly value: JsonValue } | ParseFailure;

type WithSource = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Numbers that a double cannot hold exactly stay the text they were: integers beyond 2^53, and what would become infinite. */
const keepWideNumbers: WithSource = (_key, value, context) => {
  if (typeof value !== 'number' || context.source === undefined) return value;
  if (Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(context.source))) return value;
  return context.source;
};

/** Parses one JSON text within the limits; never throws. The slow, exact form runs only where the byte scan saw wide numbers. */
export function parseJson(bytes: Uint8Array, maxDepth: number): ParsedJson {
  const { wideNumbers, tooDeepAt } = scanJson(bytes, maxDepth);
  if (tooDeepAt >= 0) return { reason: 'too-deep', detail: `nested deeper than ${maxDepth} levels`, at: tooDeepAt };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    // The type declarations do not know the third argument of the reviver yet (ES2025 source text access).
    return {
      value: (wideNumbers ? JSON.parse(text, keepWideNumbers as (key: string, value: unknown) => unknown) : JSON.parse(text)) as JsonValue,
    };
  } catch (error) {
    return { reason: 'invalid-json', detail: messageOf(error), at: placeOf(messageOf(error), text) };
  }
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
