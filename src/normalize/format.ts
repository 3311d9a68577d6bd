import type { TextLine } from '../decode/text-line.ts';
import type { Logsource, RouteLabel } from '../event/event.ts';
import type { FieldSource } from '../event/field-source.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';

/** Values of a format's discriminators in one event, in the order of `discriminators`. */
export type Discriminants = readonly (JsonValue | undefined)[];

/** Log sources of all events with the same discriminating values, and what those values say about fields. */
export type Routing = { readonly labels: readonly RouteLabel[]; readonly known: Readonly<Record<string, JsonValue>> };

/**
 * One log format as a table: how to recognise it, which Sigma log sources it serves, where time and each ECS field come
 * from. The same table answers field look-ups at compile time and builds the full ECS document.
 */
export type Format = {
  /** `event.dataset`. */
  readonly name: string;
  readonly recognizes: (document: JsonObject) => boolean;
  /**
   * The same as key paths, for readers of undecoded bytes: recognised exactly if all paths of one of the lists are present,
   * every key but the last holding an object. Undefined: only `recognizes` can say.
   */
  readonly marks?: readonly (readonly (readonly string[])[])[];
  /**
   * For formats that are lines of text: the line as a document (with `message`), or undefined if it is none of theirs. Linear.
   * `named`: the source's settings name this format, so that weak signs are enough.
   */
  readonly parse?: (line: TextLine, named: boolean) => JsonObject | undefined;
  /** Its documents may come below a key of their own: whether one does only the decoder can say. */
  readonly wrapped?: true;
  /** Fields whose values decide the log sources; read for every event, so few. */
  readonly discriminators: readonly FieldSource[];
  readonly route: (values: Discriminants) => Routing;
  /** Every log source an event of the format can have. */
  readonly logsources: readonly Logsource[];
  /** Where a field written in the vendor's or Sigma's name is found before the generic look-up; undefined = no special place. */
  readonly vendor?: (field: string) => FieldSource | undefined;
  readonly time: FieldSource;
  /** ECS fields by dotted name. */
  readonly fields: Readonly<Record<string, FieldSource>>;
  /** Parts of a field that holds a list of objects, by dotted name: for rules; the document has them in that field. */
  readonly parts?: Readonly<Record<string, FieldSource>>;
};

/** A dotted path; with several, the first that is present. */
export function path(...paths: readonly [string, ...string[]]): FieldSource {
  const sources = paths.map((text): FieldSource => ({ kind: 'path', keys: text.split('.') }));
  return sources.length === 1 ? (sources[0] as FieldSource) : { kind: 'first-of', sources };
}

export function firstOf(...sources: readonly FieldSource[]): FieldSource {
  return { kind: 'first-of', sources };
}

export function constant(value: JsonValue): FieldSource {
  return { kind: 'constant', value };
}

/** A small pure function of other fields; `undefined` = missing. */
export function compute(
  reads: readonly FieldSource[],
  apply: (...values: (JsonValue | undefined)[]) => JsonValue | undefined,
): FieldSource {
  return { kind: 'compute', reads, apply: (values) => apply(...values) };
}

/** A text of the source through a function; anything else than text or number is missing. */
export function text(source: FieldSource, apply: (value: string) => JsonValue | undefined): FieldSource {
  return compute([source], (value) => (typeof value === 'string' || typeof value === 'number' ? apply(String(value)) : undefined));
}

/** An entry of a table by a key that comes from a log: names every object has are no entries. */
export function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A value through a fixed table; values the table does not name are missing. */
export function lookup(source: FieldSource, table: Readonly<Record<string, JsonValue>>): FieldSource {
  return text(source, (value) => entryOf(table, value));
}

/** A whole number from text or number. */
export function integer(source: FieldSource): FieldSource {
  return text(source, (value) => (/^-?\d{1,15}$/.test(value) ? Number(value) : undefined));
}

/** A number from text or number, times a factor (seconds to nanoseconds, say), rounded; other text is missing. */
export function scaled(source: FieldSource, factor: number): FieldSource {
  return text(source, (value) => (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) ? Math.round(Number(value) * factor) : undefined));
}

/** A number with its fraction from text or number; other text is missing. */
export function decimal(source: FieldSource): FieldSource {
  return text(source, (value) => (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(value) ? Number(value) : undefined));
}

/** Text that is an IP address; other text is missing. */
export function address(source: FieldSource): FieldSource {
  return text(source, (value) => (ADDRESS.test(value) ? value.replace(/%.*$/, '') : undefined));
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(?:%[\w.]+)?)$/;

/** Labels that hold for every event of a format. */
export function fixedRoute(...labels: readonly RouteLabel[]): (values: Discriminants) => Routing {
  const routing: Routing = { labels, known: {} };
  return () => routing;
}
