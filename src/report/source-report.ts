import { type Binding, type Blind, clipped, coverageOf, gapSpan, overlaps, unionMs, type Window } from './coverage.ts';
import type { History } from './history.ts';
import type { Reason } from './reason.ts';
import { sortedReasons } from './reason.ts';
import type { Interval } from './series.ts';
import type { Gap, PartitionHistory } from './source-history.ts';

export type PartitionReport = {
  readonly partition: number;
  readonly proof: string;
  /** Offset read next, decimal; null when nothing was read. */
  readonly next: string | null;
  readonly records: number;
  readonly decoded: number;
  readonly dead: number;
  readonly discarded: number;
  readonly unaccounted: number;
  readonly events: number;
  readonly unparsed: number;
  readonly late: number;
  readonly missing: string;
  readonly deadLetters: readonly (readonly [string, number])[];
};

/** One source over the period of the report; partition counters are of the whole ledger, and say so. */
export type SourceReport = {
  readonly name: string;
  readonly roles: readonly string[];
  readonly events: number;
  readonly unparsed: number;
  readonly late: number;
  readonly lost: number;
  readonly longestSilenceMs: number | undefined;
  readonly blindMs: number;
  readonly blind: readonly { readonly from: string; readonly to: string; readonly cause: Reason }[];
  readonly gaps: readonly {
    readonly partition: number;
    readonly from: string | null;
    readonly to: string | null;
    readonly cause: string;
  }[];
  readonly reasons: readonly Reason[];
  readonly partitions: readonly PartitionReport[];
};

/** Every source the ledger knows or a role names; one that never reported is there with nothing. */
export function sourceReports(history: History, roles: ReadonlyMap<string, Binding>, period: Window, known: Interval): SourceReport[] {
  const names = new Set([...history.sources.keys(), ...[...roles.values()].flatMap((role) => role.names)]);
  return [...names].sort().map((name) => sourceReport(name, history, roles, period, known));
}

function sourceReport(name: string, history: History, roles: ReadonlyMap<string, Binding>, period: Window, known: Interval): SourceReport {
  const bindings = [...roles.values()].filter((role) => role.names.includes(name)).map((role) => ({ ...role, names: [name] }));
  const fallback: Binding = { role: '', declared: true, names: [name], heartbeatMs: Number.POSITIVE_INFINITY, latenessMs: 0, types: {} };
  const coverage = coverageOf(bindings.length > 0 ? bindings : [fallback], history, period, known);
  const [own] = coverage.sources;
  const source = history.sources.get(name);
  return {
    name,
    roles: bindings.map(({ role }) => role).sort(),
    events: own?.events ?? 0,
    unparsed: own?.unparsed ?? 0,
    late: own?.late ?? 0,
    lost: own?.lost ?? 0,
    longestSilenceMs: source?.all.bounds() === undefined ? undefined : source.all.longestSilence(period.start, period.end, known),
    blindMs: unionMs(own?.blind ?? []),
    blind: merged(own?.blind ?? []).map(({ from, to, cause }) => ({
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      cause,
    })),
    gaps: (source?.gaps ?? [])
      .filter((gap) => touches(gap, known))
      .sort(byOffset)
      .map(({ partition, from, to, cause }) => ({ partition, from, to, cause })),
    reasons: sortedReasons(own?.reasons ?? []),
    partitions: [...(source?.partitions.values() ?? [])].sort((a, b) => a.partition - b.partition).map(partitionReport),
  };
}

const touches = (gap: Gap, span: Interval): boolean => overlaps(gapSpan(gap, 0), span);

function byOffset(a: Gap, b: Gap): number {
  const ends = BigInt(a.to ?? 0) - BigInt(b.to ?? 0);
  return a.partition - b.partition || (ends < 0n ? -1 : ends > 0n ? 1 : 0);
}

/** Sorted by time; intervals of one cause that touch are one. */
function merged(blind: readonly Blind[]): Blind[] {
  const out: Blind[] = [];
  for (const interval of [...blind].sort((a, b) => (a.cause === b.cause ? a.from - b.from : a.cause < b.cause ? -1 : 1))) {
    const last = out.at(-1);
    if (last !== undefined && last.cause === interval.cause && interval.from <= last.to) {
      out[out.length - 1] = {
        ...last,
        ...clipped({ from: last.from, to: Math.max(last.to, interval.to) }, { from: last.from, to: Number.MAX_SAFE_INTEGER }),
      };
    } else out.push(interval);
  }
  return out.sort((a, b) => a.from - b.from || a.to - b.to || (a.cause < b.cause ? -1 : 1));
}

function partitionReport({ partition, proof, next, totals }: PartitionHistory): PartitionReport {
  const { deadLetters, ...counters } = totals;
  return { partition, proof, next, ...counters, deadLetters: Object.entries(deadLetters).sort(([a], [b]) => (a < b ? -1 : 1)) };
}
