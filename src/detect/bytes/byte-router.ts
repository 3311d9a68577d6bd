import { ENVELOPE_KEYS } from '../../decode/envelopes.ts';
import type { Route } from '../../event/event.ts';
import type { EventTime } from '../../normalize/event-time.ts';
import type { Format } from '../../normalize/format.ts';
import type { Decisions } from '../../normalize/normalizer.ts';
import type { ByteLine } from './byte-line.ts';
import { createReading, type Reading } from './reading.ts';
import { MISSING } from './value-kind.ts';

/** Finds the format and route of the line at hand from its tokens. */
export type ByteRouter = {
  /** Undefined: only the parsed document can say. */
  route(): Route | undefined;
  /** Event time of the line whose route was found last. */
  time(appendedAt: number): EventTime;
};

type Known = { readonly key: Uint8Array; readonly route: Route };

/** Discriminating values are attacker-writable: past this many, the list is begun anew. */
const MAX_KNOWN = 4096;
/** Longer discriminating bytes (whole containers) are not kept. */
const MAX_KEY_BYTES = 512;

export function createByteRouter(line: ByteLine, decisions: Decisions): ByteRouter {
  const { tokens } = line;
  const { tree } = tokens;
  const envelopes = Int32Array.from(ENVELOPE_KEYS, (key) => tree.place([key]));
  const readers = readableFormats(decisions).map((format) => createReader(line, format));
  let reader: Reader | undefined;

  const allPresent = (places: Int32Array): boolean => {
    for (let i = 0; i < places.length; i++) if (tokens.kindOf(places[i] as number) === MISSING) return false;
    return true;
  };
  const recognize = (): Reader | undefined => {
    for (let i = 0; i < readers.length; i++) {
      const { marks } = readers[i] as Reader;
      for (let k = 0; k < marks.length; k++) if (allPresent(marks[k] as Int32Array)) return readers[i];
    }
    return undefined;
  };

  return {
    route() {
      if (tokens.anyOf(envelopes)) return undefined;
      reader = recognize();
      return reader?.routeOf(decisions);
    },
    time: (appendedAt) => decisions.timeOf(reader === undefined ? undefined : line.read(reader.time), appendedAt),
  };
}

type Reader = {
  /** Lists of places, all of one of which must be there. */
  readonly marks: readonly Int32Array[];
  readonly time: Reading;
  readonly routeOf: (decisions: Decisions) => Route;
};

/** In their order up to the first that only a parsed document can be recognised by. */
function readableFormats({ format, formats }: Decisions): readonly Format[] {
  if (format !== undefined) return format.wrapped === true ? [] : [{ ...format, marks: [[]] }];
  const end = formats.findIndex(({ marks }) => marks === undefined);
  return end < 0 ? formats : formats.slice(0, end);
}

function createReader(line: ByteLine, format: Format): Reader {
  const { tree } = line.tokens;
  const discriminators = format.discriminators.map((source) => createReading(source, tree));
  const known = new Map<number, Known[]>();
  let kept = 0;
  const key = new Uint8Array(MAX_KEY_BYTES);

  const find = (decisions: Decisions): Route =>
    decisions.routeOf(
      format,
      discriminators.map((reading) => line.read(reading)),
    );

  return {
    marks: (format.marks ?? []).map((all) => Int32Array.from(all, (path) => tree.place(path))),
    time: createReading(format.time, tree),
    routeOf(decisions) {
      let length = 0;
      for (let i = 0; i < discriminators.length && length >= 0; i++) length = copyBytes(line, discriminators[i] as Reading, key, length);
      if (length < 0) return find(decisions);
      let hash = 0;
      for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + (key[i] as number)) | 0;
      const entries = known.get(hash);
      if (entries !== undefined)
        for (let i = 0; i < entries.length; i++) if (startsWith(key, length, (entries[i] as Known).key)) return (entries[i] as Known).route;
      const route = find(decisions);
      if (++kept > MAX_KNOWN) {
        known.clear();
        kept = 1;
      }
      known.set(hash, [...(known.get(hash) ?? []), { key: key.slice(0, length), route }]);
      return route;
    },
  };
}

/**
 * Appends all bytes that a reading's answer depends on, so that equal bytes mean equal answers: the first place that is
 * present, and everything that computed steps before it read. The new length, or -1 if they are too many or not among the tokens.
 */
function copyBytes(line: ByteLine, { steps, deep }: Reading, out: Uint8Array, begin: number): number {
  const { tokens } = line;
  const { bytes } = line.text;
  if (deep && tokens.fanned) return -1;
  let length = begin;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Reading['steps'][number];
    if (!('place' in step)) {
      for (const read of step.reads) {
        length = copyBytes(line, read, out, length);
        if (length < 0) return -1;
      }
      continue;
    }
    const kind = tokens.kindOf(step.place);
    if (kind === MISSING) continue;
    const from = tokens.start(step.place);
    const size = tokens.end(step.place) - from;
    if (length + size + 5 > out.length) return -1;
    // Which step, what kind, how long: no two different answers share a key.
    out[length++] = i;
    out[length++] = kind;
    out[length++] = size & 255;
    out[length++] = size >> 8;
    for (let k = 0; k < size; k++) out[length++] = bytes[from + k] as number;
    return length;
  }
  if (length + 1 > out.length) return -1;
  out[length++] = 255;
  return length;
}

function startsWith(bytes: Uint8Array, length: number, key: Uint8Array): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== key[i]) return false;
  return true;
}
