import { CARRIER_TIME } from '../decode/carriers.ts';
import type { Decoded } from '../decode/decode.ts';
import { readTextLine } from '../decode/text-line.ts';
import { createAccessor } from '../event/accessor.ts';
import type { Enrichment } from '../event/enrichment.ts';
import type { Event, Logsource, Route } from '../event/event.ts';
import type { Accessor } from '../event/field-source.ts';
import type { Origin, RawRecord } from '../event/raw-record.ts';
import { type ReadTag, TAGS_FIELD } from '../event/tags.ts';
import type { Nanos } from '../event/time.ts';
import { WardlineError } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { type LogsourceMapping, withLogsources } from './custom-logsources.ts';
import { enrichedFormats } from './enriched.ts';
import { type EventTime, eventTime, type TimeOptions } from './event-time.ts';
import type { Discriminants, Format } from './format.ts';
import { plainText } from './generic.ts';
import { type Recognized, recognizeInner, recognizeShipped, withContext } from './inner.ts';
import { type OriginalMode, toEcs } from './materialize.ts';
import { createRouteTable, type RouteTable } from './routes.ts';
import { zoneOffset } from './zones.ts';

export type NormalizerSettings = {
  /** Name of one format; undefined = recognised event by event. */
  readonly format?: string | undefined;
  /** The log source of everything in this source, in place of what the format says. */
  readonly logsource?: Logsource | undefined;
  /** IANA zone of local times without one. */
  readonly timezone?: string | undefined;
  readonly maxFutureSkewMs?: number | undefined;
  /** Log sources that events have besides those of their format. */
  readonly mappings?: readonly LogsourceMapping[] | undefined;
  /** Which events keep their text as `event.original`; undefined = all. */
  readonly original?: OriginalMode | undefined;
  /** Fields that tables add to those of every format. */
  readonly enrichment?: Enrichment | undefined;
};

export type Normalizer = {
  normalize(record: RawRecord, decoded: Decoded): Event;
  /** The same decisions for a reader of undecoded bytes. */
  readonly decisions: Decisions;
};

export type Decisions = {
  /** The format of everything in this source; undefined = recognised event by event, in the order of `formats`. */
  readonly format: Format | undefined;
  readonly formats: readonly Format[];
  /** The route of an event with these discriminating values. */
  routeOf(format: Format, values: Discriminants): Route;
  /** What an event's time is, given the value the format's `time` names. */
  timeOf(value: JsonValue | undefined, appendedAt: number): EventTime;
};

const FIVE_MINUTES_MS = 300_000;

/** Sees the documents of one source as events. `routes` is shared by all sources of a process. */
export function createNormalizer(settings: NormalizerSettings, routes: RouteTable = createRouteTable()): Normalizer {
  const formats = withLogsources(enrichedFormats(settings.enrichment), settings.mappings ?? []);
  const fixed = settings.format === undefined ? undefined : formatNamed(settings.format, formats);
  const readers = new Map<Format, Reader>();
  const times: TimeOptions = {
    zoneOffset: settings.timezone === undefined ? undefined : zoneOffset(settings.timezone),
    maxFutureSkewMs: settings.maxFutureSkewMs ?? FIVE_MINUTES_MS,
  };
  const readerOf = (format: Format): Reader => {
    let reader = readers.get(format);
    if (reader === undefined) readers.set(format, (reader = createReader(format)));
    return reader;
  };
  const decisions: Decisions = {
    format: fixed,
    formats,
    routeOf: (format, values) => routes.find(format, values, settings.logsource),
    timeOf: (value, appendedAt) => eventTime(value, appendedAt, times),
  };
  return {
    decisions,
    normalize(record, decoded) {
      const seen = recognized(decoded, fixed, formats);
      const { format, context } = seen;
      const read = readTags(decoded, seen.document);
      // Rules may ask for the tags: a record that is written so as to be misread is worth knowing.
      const document = read.length === 0 ? seen.document : { ...seen.document, [TAGS_FIELD]: read };
      const reader = readerOf(format);
      const route = decisions.routeOf(
        format,
        reader.discriminators.map((accessor) => accessor(document)),
      );
      const { time, tags: doubts, claimed } = decisions.timeOf(reader.time(document) ?? context?.[CARRIER_TIME], record.appendedAt);
      const tags = read.length === 0 ? doubts : [...doubts, ...read];
      return createEvent({
        format,
        document,
        record,
        index: decoded.index,
        time,
        claimed,
        tags,
        route,
        context,
        original: settings.original ?? 'always',
      });
    },
  };
}

/** What is doubtful about how the record was read, and how its format read the line: a list, which no line can write itself. */
function readTags({ tags = NO_TAGS, text }: Decoded, document: JsonObject): readonly string[] {
  const own = text === undefined ? undefined : document[TAGS_FIELD];
  return Array.isArray(own) ? [...new Set([...tags, ...(own as readonly string[])])] : tags;
}

const NO_TAGS: readonly ReadTag[] = [];

type Reader = { readonly discriminators: readonly Accessor[]; readonly time: Accessor };

function createReader(format: Format): Reader {
  return { discriminators: format.discriminators.map(createAccessor), time: createAccessor(format.time) };
}

function formatNamed(name: string, formats: readonly Format[]): Format {
  const format = formats.find((candidate) => candidate.name === name);
  if (format === undefined)
    throw new WardlineError('settings', `there is no format "${name}"; known: ${formats.map((known) => known.name).join(', ')}`);
  return format;
}

/** Formats that documents of shippers have, as long as nobody has understood what they carry. */
const SHIPPED_AS = new Set(['ecs', 'json']);

/** The format and document of an event, with what its envelope tells of it where it says nothing itself. */
function recognized(decoded: Decoded, fixed: Format | undefined, formats: readonly Format[]): Recognized {
  const isLog = decoded.formatHint === 'otlp.log' && fixed === undefined;
  const inner = isLog ? recognizeInner(decoded, (one) => recognize(one, undefined, formats)) : undefined;
  const outer = inner ?? { ...recognize(decoded, fixed, formats), context: decoded.context };
  const shipped =
    fixed === undefined && decoded.text === undefined && SHIPPED_AS.has(outer.format.name)
      ? recognizeShipped(decoded, (one) => recognize(one, undefined, formats))
      : undefined;
  const found = shipped === undefined ? outer : { ...shipped, context: { ...decoded.context, ...shipped.context } };
  return found.context === undefined ? found : { ...found, document: withContext(found.format, found.document, found.context) };
}

/** The format of a document, and the document it makes of a line. */
function recognize(decoded: Decoded, fixed: Format | undefined, formats: readonly Format[]): { format: Format; document: JsonObject } {
  const { document, text, formatHint } = decoded;
  if (text !== undefined) {
    const line = readTextLine(text, decoded.columns);
    for (const format of fixed === undefined ? formats : [fixed]) {
      const parsed = format.parse?.(line, fixed !== undefined);
      if (parsed !== undefined) return { format, document: parsed };
    }
    return { format: formats.at(-1) ?? plainText, document };
  }
  if (fixed !== undefined) return { format: fixed, document };
  const told = formatHint === undefined ? undefined : formats.find(({ name }) => name === formatHint);
  const found = told ?? formats.find((format) => format.recognizes(document));
  return { format: found ?? formats.at(-1) ?? plainText, document };
}

type Parts = {
  readonly format: Format;
  readonly document: JsonObject;
  readonly context: JsonObject | undefined;
  readonly record: RawRecord;
  readonly index: number;
  readonly time: Nanos;
  readonly claimed: Nanos | undefined;
  readonly tags: readonly string[];
  readonly route: Route;
  readonly original: OriginalMode;
};

/** Look-ups by name are compiled once per route and name; rules that run for every event compile their own. */
const accessors = new WeakMap<Route, Map<string, Accessor>>();

function createEvent(parts: Parts): Event {
  const { document, record, index, time, tags, route } = parts;
  const origin: Origin = { source: record.source, partition: record.partition, offset: record.offset, index };
  return { origin, route, document, time, tags, field: (name) => fieldOf(route, document, name), toEcs: () => toEcs(parts) };
}

function fieldOf(route: Route, document: JsonObject, name: string): JsonValue | undefined {
  let known = accessors.get(route);
  if (known === undefined) accessors.set(route, (known = new Map()));
  let accessor = known.get(name);
  if (accessor === undefined) known.set(name, (accessor = createAccessor(route.source(name, route.labels[0]))));
  return accessor(document);
}
