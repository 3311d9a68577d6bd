import { WardlineError } from '../shared/errors.ts';
import type { JsonValue } from '../shared/json.ts';
import type { StoredWords } from './hit-words.ts';
import type { StoredRule } from './rule-state.ts';
import type { SilenceEntry } from './silences.ts';

const VERSION = 10;

export type CorrelatorState = {
  readonly watermark: string;
  readonly partitions: readonly (readonly [string, string, boolean])[];
  readonly silences: readonly SilenceEntry[];
  readonly counters: Readonly<Record<string, number>>;
  /** Names that the matches of groups at rest share. */
  readonly words: StoredWords;
  /** State belongs to the rule's logic, so its digest goes with it. */
  readonly rules: readonly StoredRule[];
};

/** UTF-8 JSON; big integers carry a tag so that they come back as what they were. Order of groups is kept: it is state. */
export function encodeState(state: CorrelatorState): Uint8Array {
  return Buffer.from(toText({ version: VERSION, ...state }));
}

/** Throws WardlineError `store` for another version. */
export function decodeState(bytes: Uint8Array): CorrelatorState {
  const parsed = fromText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as CorrelatorState & {
    version: number;
  };
  if (parsed.version !== VERSION)
    throw new WardlineError('store', `the correlation state has version ${parsed.version}; this Wardline reads ${VERSION}`);
  return parsed;
}

/** Plain data with big integers, maps, sets and bytes as text, and back. */
export const toText = (value: unknown): string => JSON.stringify(value, replacer);
export const fromText = (text: string): unknown => JSON.parse(text, reviver);

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $n: String(value) };
  if (value instanceof Map) return { $m: [...value] };
  if (value instanceof Set) return { $s: [...value] };
  if (value instanceof Uint8Array) return { $b: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  // Data may hold keys that look like tags; they are wrapped so that they come back as data.
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).some((key) => key.startsWith('$')))
    return { $o: Object.entries(value) };
  return value;
}

const TAGS = new Set(['$n', '$m', '$s', '$b', '$o']);

function reviver(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const [only, ...more] = Object.keys(value);
  if (only === undefined || more.length > 0 || !TAGS.has(only)) return value;
  const inner = (value as Record<string, JsonValue>)[only];
  if (only === '$n') return BigInt(inner as string);
  if (only === '$m') return new Map(inner as unknown as [unknown, unknown][]);
  if (only === '$s') return new Set(inner as unknown as unknown[]);
  // A copy of its own: Buffer shares one allocation among small ones.
  if (only === '$b') return new Uint8Array(Buffer.from(inner as string, 'base64'));
  return Object.fromEntries(inner as unknown as [string, unknown][]);
}
