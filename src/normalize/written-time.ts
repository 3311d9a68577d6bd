import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos, type ParsedTime, zoneMinutes } from '../event/time.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Clocks and zones may be off by this much; a log line is not from further ahead. */
const DAY_MS = 86_400_000;

const CLOCK = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)(?:[.,](?<fraction>\\d{1,9}))?';
const ZONE = '(?: ?(?<zone>Z|[+-]\\d\\d:?\\d\\d|[A-Z]{3,4}))?';
/** How logs write times beside ISO 8601, each anchored at both ends. */
const FORMS: readonly RegExp[] = [
  // RFC 3164, also with a year before or behind the clock.
  `(?<month>[A-Z][a-z]{2}) {1,2}(?<day>\\d{1,2}) (?:(?<year>\\d{4}) )?${CLOCK}${ZONE}`,
  // ctime and asctime: `Mon Dec 26 16:15:55.103786 2016`, `Mon Jan  8 14:51:55 2018 UTC`.
  `[A-Z][a-z]{2},? (?<month>[A-Z][a-z]{2}) {1,2}(?<day>\\d{1,2}) ${CLOCK} (?<year>\\d{4})${ZONE}`,
  // Web servers: `22/Feb/2026:16:46:18 +0000`.
  `(?<day>\\d{1,2})/(?<month>[A-Z][a-z]{2})/(?<year>\\d{4})[: ]${CLOCK}${ZONE}`,
  // RFC 1123 and `30 May 2026 10:03:19.001`, `30 May 10:03:19`.
  `(?:[A-Z][a-z]{2}, )?(?<day>\\d{1,2}) (?<month>[A-Z][a-z]{2}) (?:(?<year>\\d{4}) )?${CLOCK}${ZONE}`,
  // `2016/10/25 14:50:44` of nginx, Go and Palo Alto.
  `(?<year>\\d{4})/(?<monthNumber>\\d\\d)/(?<day>\\d\\d) ${CLOCK}${ZONE}`,
  // `161209 13:08:33` of old MySQL.
  `(?<shortYear>\\d\\d)(?<monthNumber>\\d\\d)(?<day>\\d\\d) {1,2}(?<hour>\\d{1,2}):(?<minute>\\d\\d):(?<second>\\d\\d)`,
  // `10/25/2026 02:50:44 PM` of Windows programs.
  `(?<monthNumber>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{4}) (?<hour>\\d{1,2}):(?<minute>\\d\\d):(?<second>\\d\\d)(?: (?<half>[AP]M))?`,
].map((form) => new RegExp(`^${form}$`));

/** Reads a time in one of the forms that logs have beside ISO 8601; UTC where no zone is given. Undefined if it is none. */
export function parseWrittenTime(text: string, appendedAt: number): ParsedTime | undefined {
  if (text.length > 64) return undefined;
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return timeOf(parts, appendedAt);
  }
  return undefined;
}

function timeOf(parts: Readonly<Record<string, string | undefined>>, appendedAt: number): ParsedTime | undefined {
  const { zone } = parts;
  const month = parts['month'] === undefined ? Number(parts['monthNumber']) - 1 : MONTHS.indexOf(parts['month']);
  const [day, minute, second] = [Number(parts['day']), Number(parts['minute']), Number(parts['second'])];
  const hour = (Number(parts['hour']) % (parts['half'] === undefined ? 24 : 12)) + (parts['half'] === 'PM' ? 12 : 0);
  const offset = zone === undefined ? 0 : zoneMinutes(zone);
  if (month < 0 || month > 11 || day < 1 || day > 31 || Number(parts['hour']) > 23 || minute > 59 || second > 60 || offset === undefined)
    return undefined;
  const at = (year: number): number => Date.UTC(year, month, day, hour, minute, second);
  const year = yearOf(parts);
  if (year === undefined && Number.isNaN(appendedAt)) return undefined;
  const ms = year === undefined ? nearestPast(at, appendedAt) : at(year);
  const nanos: Nanos = BigInt(ms) * NANOS_PER_MS + BigInt((parts['fraction'] ?? '').padEnd(9, '0'));
  return { time: nanos - BigInt(offset) * 60n * NANOS_PER_SECOND, zoned: zone !== undefined };
}

function yearOf({ year, shortYear }: Readonly<Record<string, string | undefined>>): number | undefined {
  if (year !== undefined) return Number(year);
  return shortYear === undefined ? undefined : 2000 + Number(shortYear);
}

/** Without a year: the one that brings the time nearest to when the record was taken, and not after it. */
function nearestPast(at: (year: number) => number, appendedAt: number): number {
  const year = new Date(appendedAt).getUTCFullYear();
  const candidates = [year - 1, year, year + 1].map(at);
  return candidates
    .filter((candidate) => candidate <= appendedAt + DAY_MS)
    .reduce((best, one) => Math.max(best, one), candidates[0] as number);
}
