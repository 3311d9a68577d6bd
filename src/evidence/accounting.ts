import type { Body, LedgerEntry, Totals } from './entry.ts';
import { partitionKey } from './ledger-state.ts';

type Sums = { events: number; unparsed: number; late: number };

/**
 * Checks that the numbers of a chain agree with each other: offsets and totals never go back, every record has one
 * outcome, and events are as many as the rows between two positions say. Returns what is wrong, entry by entry.
 */
export function createAccounting(): (entry: LedgerEntry) => string | undefined {
  const sums = new Map<string, Sums>();
  const positions = new Map<string, Body<'position'>>();
  return (entry) => {
    if (entry.kind === 'population') {
      addRows(sums, entry.body);
      return undefined;
    }
    if (entry.kind !== 'position') return undefined;
    const key = partitionKey(entry.body);
    const fault = faultOf(positions.get(key), entry.body, sums.get(key) ?? { events: 0, unparsed: 0, late: 0 });
    positions.set(key, entry.body);
    sums.delete(key);
    return fault;
  };
}

function addRows(sums: Map<string, Sums>, body: Body<'population'>): void {
  const key = partitionKey(body);
  const sum = sums.get(key) ?? { events: 0, unparsed: 0, late: 0 };
  sums.set(key, sum);
  for (const [, , events, unparsed, late] of body.rows) {
    sum.events += events;
    sum.unparsed += unparsed;
    sum.late += late;
  }
}

const COUNTERS = ['records', 'decoded', 'dead', 'discarded', 'unaccounted', 'events', 'unparsed', 'late'] as const;

function faultOf(before: Body<'position'> | undefined, now: Body<'position'>, sum: Sums): string | undefined {
  const { totals } = now;
  if (totals.records !== totals.decoded + totals.dead + totals.discarded + totals.unaccounted) {
    return `${totals.records} records are not the sum of decoded, dead, discarded and unaccounted`;
  }
  if (before !== undefined) {
    if (BigInt(now.next ?? 0) < BigInt(before.next ?? 0)) return `next offset ${now.next} is below ${before.next}`;
    const shrunk = COUNTERS.find((name) => totals[name] < before.totals[name]);
    if (shrunk !== undefined) return `${shrunk} went from ${before.totals[shrunk]} to ${totals[shrunk]}`;
    if (BigInt(totals.missing) < BigInt(before.totals.missing)) return `missing went from ${before.totals.missing} to ${totals.missing}`;
  }
  return rowFault(before?.totals, totals, sum);
}

function rowFault(before: Totals | undefined, totals: Totals, sum: Sums): string | undefined {
  for (const name of ['events', 'unparsed', 'late'] as const) {
    const grown = totals[name] - (before?.[name] ?? 0);
    if (grown !== sum[name]) return `${name} grew by ${grown}, the population rows say ${sum[name]}`;
  }
  return undefined;
}
