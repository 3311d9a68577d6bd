import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawRecord } from '../event/raw-record.ts';
import { sha256Hex } from '../shared/digest.ts';

/** Header of a record that a canary planted in a topic. Sources let no header from outside through that begins with `wardline-`. */
export const CANARY_HEADER = 'canary-of-wardline';

/** Which planted record this is: number `index` of `count` of one planting. */
export type CanaryMark = { readonly id: string; readonly slot: number; readonly index: number; readonly count: number };

const MARK = /^([a-z0-9][a-z0-9._-]{0,99})\/(\d{1,15})\/(\d{1,7})\/(\d{1,7})\/([0-9a-f]{64})$/;

/** The header's text. The code covers the bytes too: a mark that was seen cannot be put on another record. */
export function canaryMark(key: Uint8Array, { id, slot, index, count }: CanaryMark, bytes: Uint8Array): string {
  const place = `${id}/${slot}/${index}/${count}`;
  return `${place}/${createHmac('sha256', key)
    .update(`${place}/${sha256Hex(bytes)}`)
    .digest('hex')}`;
}

/** The mark of a record; undefined when it has none or one that this key did not make: then it is a record like any other. */
export function readCanaryMark(key: Uint8Array, { headers, bytes }: RawRecord): CanaryMark | undefined {
  const text = headers.get(CANARY_HEADER);
  const [, id, slot, index, count] = MARK.exec(text ?? '') ?? [];
  if (text === undefined || id === undefined || bytes === null) return undefined;
  const mark = { id, slot: Number(slot), index: Number(index), count: Number(count) };
  const expected = canaryMark(key, mark, bytes);
  return expected.length === text.length && timingSafeEqual(Buffer.from(expected), Buffer.from(text)) ? mark : undefined;
}
