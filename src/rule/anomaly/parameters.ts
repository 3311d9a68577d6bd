import { isZone } from '../../event/zone-shift.ts';
import { durationText, tryParseDuration } from '../../shared/duration.ts';
import { isList, type Plain, type PlainMap } from '../document.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf } from '../sigma/meta.ts';

/** One parameter of a type: how its value is read, what it must be, and what it is where it is not written. */
export type Parameter<T> = {
  readonly read: (value: Plain) => T | undefined;
  readonly expects: string;
  readonly otherwise: T | undefined;
  /** Values from end to end of what it may be: what holds for all of them holds whatever is written. */
  readonly ends: readonly T[];
  /** It names fields of events. */
  readonly isField?: true;
  /** It may be left out though there is nothing in its place. */
  readonly optional?: true;
};

/** What stands where nothing is written, as it would be written; undefined: nothing. */
export function defaultText({ otherwise }: Parameter<unknown>): string | undefined {
  if (otherwise === undefined) return undefined;
  const text = (value: unknown): string => (value === 0n ? '0' : typeof value === 'bigint' ? durationText(value) : String(value));
  return Array.isArray(otherwise) ? `[${otherwise.map(text).join(', ')}]` : text(otherwise);
}

/** What a table of parameters gives. */
export type Values<P> = { readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never };

const numberOf = (value: Plain): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

export const whole = (otherwise: number, least = 0, most = 1_000_000): Parameter<number> => ({
  read: (value) => {
    const number = numberOf(value);
    return number !== undefined && Number.isInteger(number) && number >= least && number <= most ? number : undefined;
  },
  expects: `a whole number from ${least} to ${most}`,
  otherwise,
  ends: [least, most],
});

const MOST_AMOUNT = 1e12;

/** A number above `above`, up to `most`. */
export const amount = (otherwise: number, above = 0, most = MOST_AMOUNT): Parameter<number> => ({
  read: (value) => {
    const number = numberOf(value);
    return number !== undefined && number > above && number <= most ? number : undefined;
  },
  expects: `a number above ${above} and up to ${most === MOST_AMOUNT ? '1e12' : most}`,
  otherwise,
  ends: [above + 1e-6, most],
});

/** A share from 0 to 1. */
export const share = (otherwise: number): Parameter<number> => ({
  read: (value) => {
    const number = numberOf(value);
    return number !== undefined && number >= 0 && number <= 1 ? number : undefined;
  },
  expects: 'a share from 0 to 1',
  otherwise,
  ends: [0, 1],
});

export const optional = (inner: Parameter<number>): Parameter<number | undefined> => ({ ...inner, otherwise: undefined, optional: true });

const SECOND = 1_000_000_000n;
const MOST_TEXT = '3652d';
const MAX_NANOS = tryParseDuration(MOST_TEXT) ?? 0n;

/** A duration up to ten years; `0` where nothing is a duration too. */
export const duration = (otherwise: string, zero = false): Parameter<bigint> => ({
  read: (value) => {
    const text = textOf(value) ?? '';
    if (zero && /^0[smhdw]?$/.test(text)) return 0n;
    const nanos = tryParseDuration(text);
    return nanos !== undefined && nanos <= MAX_NANOS ? nanos : undefined;
  },
  expects: `a duration from 1s to ${MOST_TEXT} such as ${otherwise === '0' ? '7d' : otherwise}${zero ? ', or 0' : ''}`,
  otherwise: otherwise === '0' ? 0n : tryParseDuration(otherwise),
  ends: [zero ? 0n : SECOND, MAX_NANOS],
});

export const interval = (least: string, most: string): Parameter<readonly [bigint, bigint]> => ({
  read: (value) => {
    const [from, to, ...more] = isList(value) ? value.map((one) => tryParseDuration(textOf(one) ?? '')) : [];
    return from !== undefined && to !== undefined && more.length === 0 && from <= to && to <= MAX_NANOS ? [from, to] : undefined;
  },
  expects: `two durations from 1s to ${MOST_TEXT}, the shorter first, such as [${least}, ${most}]`,
  otherwise: [tryParseDuration(least) ?? 0n, tryParseDuration(most) ?? 0n],
  ends: [
    [SECOND, SECOND],
    [SECOND, MAX_NANOS],
    [MAX_NANOS, MAX_NANOS],
  ],
});

export const oneOf = <const T extends string>(known: readonly T[]): Parameter<T> => ({
  read: (value) => known.find((one) => one === value),
  expects: `one of ${known.join(', ')}`,
  otherwise: known[0],
  ends: known,
});

export const zone: Parameter<string> = {
  read: (value) => {
    const name = textOf(value);
    return name !== undefined && isZone(name) ? name : undefined;
  },
  expects: 'a time zone such as UTC, +02:00 or Europe/Berlin',
  otherwise: 'UTC',
  ends: ['UTC'],
};

/** Names of no fields: like none that stands elsewhere, and two, so that nothing said of one is said of both. */
const NO_FIELDS = ['\0', '\0\0'] as const;

const isName = (value: Plain): value is string => typeof value === 'string' && value.trim() !== '';

/** Names of one to three fields; undefined `otherwise`: must be written. */
export const fieldNames = (otherwise?: readonly string[]): Parameter<readonly string[]> => ({
  read: (value) => {
    const names = isList(value) ? value : [value];
    return names.length >= 1 && names.length <= 3 && names.every(isName) ? names : undefined;
  },
  expects: 'the name of a field, or a list of up to three',
  isField: true,
  otherwise,
  ends: NO_FIELDS.map((name) => [name]),
});

export const fieldName = (otherwise?: string): Parameter<string> => ({
  read: (value) => (isName(value) ? value : undefined),
  expects: 'the name of a field',
  isField: true,
  otherwise,
  ends: NO_FIELDS,
});

/** What was read, and the names of those that are wrong or missing, which have no value. */
export type ReadValues = { readonly values: Readonly<Record<string, unknown>>; readonly wrong: ReadonlySet<string> };

/** Reads a table of parameters out of a map; every wrong or missing one is reported. */
export function readParameters(table: Readonly<Record<string, Parameter<unknown>>>, map: PlainMap, report: ProblemReporter): ReadValues {
  const wrong = new Set<string>();
  const values: Record<string, unknown> = {};
  for (const [name, { read, expects, otherwise, optional }] of Object.entries(table)) {
    const written = map[name];
    const value = written === undefined || written === null ? otherwise : read(written);
    values[name] = value;
    if (written === undefined || written === null) {
      if (otherwise === undefined && optional === undefined) {
        wrong.add(name);
        report.error(['anomaly'], 'anomaly/parameter', `"${name}" is missing; write ${expects}`);
      }
    } else if (value === undefined) {
      wrong.add(name);
      report.error(['anomaly', name], 'anomaly/parameter', `"${name}" is ${expects}`);
    }
  }
  return { values, wrong };
}

/** The same values with ends of what they may be in place of those that are wrong, from end to end of each. */
export function supposed(
  table: Readonly<Record<string, Parameter<unknown>>>,
  { values, wrong }: ReadValues,
): readonly ReadValues['values'][] {
  const most = Math.max(1, ...[...wrong].map((name) => table[name]?.ends.length ?? 0));
  return Array.from({ length: most }, (_, i) => {
    const ends = [...wrong].map((name) => [name, table[name]?.ends[i % (table[name]?.ends.length ?? 1)]] as const);
    return { ...values, ...Object.fromEntries(ends) };
  });
}
