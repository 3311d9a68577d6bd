import { WardlineError } from '../shared/errors.ts';
import type { JsonValue } from '../shared/json.ts';

/** What a checkpoint of the embedded engine holds: lateness per source partition and the correlator's own snapshot. */
export type EngineState = { readonly lateness: readonly (readonly [string, JsonValue])[]; readonly correlator: Uint8Array };

const MAGIC = 'WLE1';

/** Layout: magic, length of the head (uint32, big endian), head as JSON, then the correlator's bytes as they are. */
export function encodeState({ lateness, correlator }: EngineState): Uint8Array {
  const head = Buffer.from(JSON.stringify({ lateness }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([Buffer.from(MAGIC), length, head, correlator]);
}

/** Throws WardlineError `store` for bytes of another layout; damage is found before, by the checkpoint's digest. */
export function decodeState(bytes: Uint8Array): EngineState {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.subarray(0, 4).toString('latin1') !== MAGIC)
    throw new WardlineError('store', 'the checkpoint has a layout this version does not read');
  const end = 8 + buffer.readUInt32BE(4);
  const { lateness } = JSON.parse(buffer.toString('utf8', 8, end)) as { lateness: [string, JsonValue][] };
  return { lateness, correlator: buffer.subarray(end) };
}
