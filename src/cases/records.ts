import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import type { RawRecord } from '../event/raw-record.ts';
import { isoTime } from '../event/time.ts';
import { createNormalizer } from '../normalize/normalizer.ts';
import { momentOf, offsetOf, startOf } from '../rule/cases/offset.ts';
import type { Activation, Case, CaseBase, CaseEvent, CaseFileStep } from '../rule/cases/schema.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

/** What is delivered to the engine in a case: a record, the passing of time without one, or other context and exceptions. */
export type Delivery =
  | { readonly kind: 'record'; readonly record: RawRecord; readonly time: bigint }
  | { readonly kind: 'advance' | 'silence'; readonly by: bigint }
  | { readonly kind: 'activate'; readonly activation: Activation };

type Timed = { readonly text: string; readonly time: bigint; readonly late: bigint };

/**
 * The deliveries of a case in the order they are written, each record with its own offset; what is late comes after what
 * arrives before it. `linesOf` gives the lines of a file beside the case.
 */
export function deliveriesOf(one: Case, base: CaseBase, linesOf: (name: string) => readonly string[]): readonly Delivery[] {
  let offset = 0n;
  const out: Delivery[] = [];
  let run: Timed[] = [];
  const flush = (): void => {
    for (const { text, time, late } of inOrderOfArrival(run)) {
      const place = { source: 'test', partition: 0, offset: offset++, appendedAt: Number((time + late) / 1_000_000n), headers: new Map() };
      out.push({ kind: 'record', record: { ...place, bytes: Buffer.from(text) }, time });
    }
    run = [];
  };
  for (const step of one.events) {
    if ('at' in step && !('file' in step)) run.push(...eventsOf(step, base, one));
    else if ('file' in step) run.push(...linesOfFile(step, base, one, linesOf(step.file)));
    else {
      flush();
      if ('activate' in step) out.push({ kind: 'activate', activation: step.activate });
      else if ('advance' in step) out.push({ kind: 'advance', by: offsetOf(step.advance) });
      else if ('silence' in step) out.push({ kind: 'silence', by: offsetOf(step.silence) });
    }
  }
  flush();
  return out;
}

function eventsOf(step: CaseEvent, base: CaseBase, one: Case): readonly Timed[] {
  const { count, every } = step.repeat ?? { count: 1, every: '0s' };
  return Array.from({ length: count }, (_, n) => {
    const time = momentOf(step.at, one) + BigInt(n) * offsetOf(every);
    const text = step.raw ?? JSON.stringify(documentOf(step, base, time));
    return { text: withTime(text, time), time, late: offsetOf(step.late ?? '0s') };
  });
}

/** Lines `every` so much time, else at the times that the format reads in them. */
function linesOfFile({ at, every, late }: CaseFileStep, base: CaseBase, one: Case, lines: readonly string[]): readonly Timed[] {
  const from = at === undefined ? startOf(one) : momentOf(at, one);
  const delay = offsetOf(late ?? '0s');
  const timeOf = every === undefined ? ownTimes(base, from) : (_line: string, n: number) => from + BigInt(n) * offsetOf(every);
  return lines.map((line, n) => {
    const time = timeOf(line, n);
    return { text: withTime(line, time), time, late: delay };
  });
}

/** Later than every event; a time that is said in full is believed before it. */
const END_OF_TIME = Date.UTC(9999, 11, 31);

/** The time that a line says it has; one without a time, or one that cannot be read, is at `from`. */
function ownTimes({ format }: CaseBase, from: bigint): (line: string, n: number) => bigint {
  const normalizer = createNormalizer({ format });
  const readAt = (line: string, n: number, appendedAt: number) => {
    const record = { source: 'test', partition: 0, offset: BigInt(n), appendedAt, headers: new Map(), bytes: Buffer.from(line) };
    const [document] = decode(record, DEFAULT_LIMITS).documents;
    return document === undefined ? undefined : normalizer.normalize(record, document);
  };
  return (line, n) => {
    const event = readAt(line, n, Number(from / 1_000_000n));
    if (event === undefined || event.tags.includes('broker_time')) return from;
    // A time after the start is one that is not believed there yet.
    return event.tags.includes('future_time') ? (readAt(line, n, END_OF_TIME)?.time ?? from) : event.time;
  };
}

/** Records that are late, after those that arrive until then; the others as they are written. */
function inOrderOfArrival(run: readonly Timed[]): readonly Timed[] {
  const out = run.filter(({ late }) => late === 0n);
  for (const timed of run) {
    if (timed.late === 0n) continue;
    const arrival = timed.time + timed.late;
    const after = out.findLastIndex((other) => other.time + other.late <= arrival);
    out.splice(after + 1, 0, timed);
  }
  return out;
}

function withTime(text: string, time: bigint): string {
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
