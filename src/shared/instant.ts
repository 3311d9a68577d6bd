const INSTANT = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * An instant that a person wrote, in ms: `2026-11-01`, or with a time and a zone; without a zone it is UTC, whatever the
 * host's zone is. Undefined for another form and for a day that no calendar has, which `Date.parse` would move.
 */
export function parseInstant(text: string): number | undefined {
  const parts = INSTANT.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const days = new Date(Date.UTC(year as number, month as number, 0)).getUTCDate();
  if (!((month as number) >= 1 && (month as number) <= 12 && (day as number) >= 1 && (day as number) <= days)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const iso = text.replace(' ', 'T');
  const ms = Date.parse(iso.length > 10 && !/(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? `${iso}Z` : iso);
  return Number.isNaN(ms) ? undefined : ms;
}
