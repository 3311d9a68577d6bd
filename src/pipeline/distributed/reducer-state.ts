import { WardlineError } from '../../shared/errors.ts';
import type { FilterState } from './filter.ts';
import type { OperatedState } from './operated.ts';

/** A ruleset with what correlation knows under it. */
export type StoredRules = { readonly seq: number; readonly digest: string; readonly correlator: Uint8Array };

export type ReducerState = {
  readonly filter: FilterState;
  /** By which ruleset each source partition is read, as far as it was told. */
  readonly told: readonly (readonly [partition: string, seq: number])[];
  readonly active: StoredRules | undefined;
  readonly retiring: StoredRules | undefined;
  /** What operators did; absent in states of before there were actions. */
  readonly operated?: OperatedState;
};

const MAGIC = 'WLP2';
type Named = { readonly seq: number; readonly digest: string; readonly bytes: number };
type Head = Pick<ReducerState, 'filter' | 'told' | 'operated'> & { readonly active: Named | null; readonly retiring: Named | null };

/** Layout: magic, length of the head (uint32, big endian), head as JSON, then the correlators' bytes as they are. */
export function encodeReducerState({ filter, told, active, retiring, operated = [] }: ReducerState): Uint8Array {
  const named = (one: StoredRules | undefined): Named | null =>
    one === undefined ? null : { seq: one.seq, digest: one.digest, bytes: one.correlator.length };
  const head = Buffer.from(JSON.stringify({ filter, told, operated, active: named(active), retiring: named(retiring) } satisfies Head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  const parts = [active, retiring].flatMap((one) => (one === undefined ? [] : [one.correlator]));
  return Buffer.concat([Buffer.from(MAGIC), length, head, ...parts]);
}

/** Throws WardlineError `transport` for bytes of another layout; damage is found before, by the checkpoint's digest. */
export function decodeReducerState(bytes: Uint8Array): ReducerState {
  const { head, end } = headOf(bytes);
  const { filter, told, active, retiring, operated = [] } = head;
  const at = end + (active?.bytes ?? 0);
  const of = (one: Named | null, from: number): StoredRules | undefined =>
    one === null ? undefined : { seq: one.seq, digest: one.digest, correlator: bytes.subarray(from, from + one.bytes) };
  return { filter, told, operated, active: of(active, end), retiring: of(retiring, at) };
}

/** Rulesets without which the state cannot go on. */
export function digestsOf(bytes: Uint8Array): readonly string[] {
  const { active, retiring } = headOf(bytes).head;
  return [active, retiring].flatMap((one) => (one === null ? [] : [one.digest]));
}

function headOf(bytes: Uint8Array): { readonly head: Head; readonly end: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.subarray(0, 4).toString('latin1') !== MAGIC)
    throw new WardlineError('transport', 'the checkpoint has a layout this version does not read');
  const end = 8 + buffer.readUInt32BE(4);
  return { head: JSON.parse(buffer.toString('utf8', 8, end)) as Head, end };
}
