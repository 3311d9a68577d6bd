import type { Logsource, RouteLabel } from '../event/event.ts';
import type { FieldSource } from '../event/field-source.ts';
import { fold } from '../shared/fold.ts';
import type { JsonValue } from '../shared/json.ts';
import { compute, type Discriminants, type Format, path } from './format.ts';

type Scalar = string | number | boolean;

/** One added line of the log source table: events with these values belong to this log source as well. */
export type LogsourceMapping = {
  /** Name of the format; undefined = every format. */
  readonly format?: string | undefined;
  readonly when: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  readonly logsource: { readonly [K in keyof Logsource]?: string | undefined };
  readonly aliases: Readonly<Record<string, string>>;
};

/** The formats with the lines of a user's table added to their routing. A table without lines changes nothing. */
export function withLogsources(formats: readonly Format[], mappings: readonly LogsourceMapping[]): readonly Format[] {
  return formats.map((format) => {
    const own = mappings.filter((mapping) => mapping.format === undefined || mapping.format === format.name);
    return own.length === 0 ? format : extend(format, own);
  });
}

function extend(format: Format, mappings: readonly LogsourceMapping[]): Format {
  const added = mappings.map(labelOf);
  return {
    ...format,
    discriminators: [...format.discriminators, ...mappings.map(({ when }) => holdsFor(format, when))],
    route(values: Discriminants) {
      const routing = format.route(values.slice(0, format.discriminators.length));
      const labels = added.filter((_, i) => values[format.discriminators.length + i] === true);
      return labels.length === 0 ? routing : { ...routing, labels: [...routing.labels, ...labels] };
    },
    logsources: [...format.logsources, ...added],
  };
}

/** Log sources are compared in lower case; attributes that were not given are absent. */
function labelOf({ logsource, aliases }: LogsourceMapping): RouteLabel {
  const given = Object.entries(logsource).flatMap(([key, value]) => (value === undefined ? [] : [[key, value.toLowerCase()]]));
  return { ...(Object.fromEntries(given) as Logsource), ...(Object.keys(aliases).length === 0 ? {} : { aliases }) };
}

/** True where every field has one of its values: one bit per line, however many values events bring. */
function holdsFor(format: Format, when: LogsourceMapping['when']): FieldSource {
  const wanted = Object.values(when).map((values) => new Set((Array.isArray(values) ? values : [values]).map(textOf)));
  const fields = Object.keys(when).map((field) => format.vendor?.(field) ?? format.fields[field] ?? path(field));
  return compute(fields, (...values) => (values.every((value, i) => isOneOf(value, wanted[i] as ReadonlySet<string>)) ? true : undefined));
}

const textOf = (value: Scalar): string => fold(String(value));

const isOneOf = (value: JsonValue | undefined, wanted: ReadonlySet<string>): boolean =>
  value !== undefined && value !== null && typeof value !== 'object' && wanted.has(textOf(value));
