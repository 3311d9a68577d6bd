import type { RawRecord } from '../event/raw-record.ts';
import { isoTime } from '../event/time.ts';
import { offsetOf, startOf } from '../rule/cases/offset.ts';
import type { Case, CaseBase, CaseEvent } from '../rule/cases/schema.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

/** What is delivered to the engine in a case: a record, or the passing of time without one. */
export type Delivery =
  | { readonly kind: 'record'; readonly record: RawRecord; readonly time: bigint }
  | { readonly kind: 'advance' | 'silence'; readonly by: bigint };

/** The deliveries of a case in the order they are written, each record with its own offset. */
export function deliveriesOf(one: Case, base: CaseBase): readonly Delivery[] {
  let offset = 0n;
  return one.events.flatMap((step): readonly Delivery[] => {
    if ('advance' in step) return [{ kind: 'advance', by: offsetOf(step.advance) }];
    if ('silence' in step) return [{ kind: 'silence', by: offsetOf(step.silence) }];
    const { count, every } = step.repeat ?? { count: 1, every: '0s' };
    return Array.from({ length: count }, (_, n): Delivery => {
      const time = startOf(one) + offsetOf(step.at) + BigInt(n) * offsetOf(every);
      const place = { source: 'test', partition: 0, offset: offset++, appendedAt: Number(time / 1_000_000n), headers: new Map() };
      return { kind: 'record', record: { ...place, bytes: Buffer.from(textOf(step, base, time)) }, time };
    });
  });
}

function textOf(step: CaseEvent, base: CaseBase, time: bigint): string {
  const text = step.raw ?? JSON.stringify(documentOf(step, base, time));
  return text.replaceAll(/\$\{at(?:\+(\d+)ms)?(:nanos)?\}/g, (_whole, plus: string | undefined, nanos: string | undefined) => {
    const shifted = time + BigInt(plus ?? 0) * 1_000_000n;
    return nanos === undefined ? isoTime(shifted) : String(shifted);
  });
}

function documentOf({ event, ecs }: CaseEvent, base: CaseBase, time: bigint): JsonValue {
  if (event !== undefined || (ecs === undefined && base.event !== undefined)) return merge(base.event ?? {}, event ?? {});
  const document = merge(nested(base.ecs ?? {}), nested(ecs ?? {})) as JsonObject;
  return { '@timestamp': isoTime(time), ecs: { version: '9.4.0' }, ...document };
}

/** Dotted keys as nested objects, so that both forms merge. */
function nested(value: JsonObject): JsonObject {
  const root: Record<string, JsonValue> = {};
  for (const [key, inner] of Object.entries(value)) {
    const [head = '', ...below] = key.split('.');
    const leaf = isObject(inner) ? nested(inner) : inner;
    const wrapped = below.reduceRight<JsonValue>((under, name) => ({ [name]: under }), leaf);
    root[head] = root[head] === undefined ? wrapped : merge(root[head], wrapped);
  }
  return root;
}

/** Objects are merged, everything else is replaced; null takes a key away. */
export function merge(under: JsonValue, over: JsonValue): JsonValue {
  if (!isObject(under) || !isObject(over)) return over;
  const out: Record<string, JsonValue> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete out[key];
    else out[key] = out[key] === undefined ? value : merge(out[key], value);
  }
  return out;
}
