import { canonicalJson } from '../shared/canonical-json.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Report } from './compliance.ts';
import { MS_PER_MINUTE } from './series.ts';

/** The report as canonical JSON with a final newline: the form to seal and to compare. */
export function renderJson(report: Report): string {
  const measures = report.measures.map((result) => ({
    ...result,
    windows: result.windows.map(({ window, ...verdict }) => ({ ...verdict, start: minuteText(window.start), end: minuteText(window.end) })),
  }));
  return `${canonicalJson(plain({ ...report, measures }))}\n`;
}

/** Drops members that are undefined; everything else in a report is JSON already. */
function plain(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, plain(member)]),
  );
}

const minuteText = (minute: number): string => new Date(minute * MS_PER_MINUTE).toISOString();
