import type { ControlPack } from './control-pack.ts';
import type { History } from './history.ts';
import type { Profile } from './pack-schema.ts';
import type { Reason } from './reason.ts';
import { type Interval, MS_PER_MINUTE } from './series.ts';
import type { Gap, PartitionHistory, SourceHistory } from './source-history.ts';

/** An interval of whole minutes of event time that is decided on its own. */
export type Window = { readonly start: number; readonly end: number };

/** A role of the pack with the ledger's sources that fill it. */
export type Binding = {
  readonly role: string;
  /** False: the pack says "*", so nobody said what must report. */
  readonly declared: boolean;
  readonly names: readonly string[];
  readonly heartbeatMs: number;
  readonly latenessMs: number;
  readonly types: Readonly<Record<string, { readonly types: readonly string[]; readonly within: number }>>;
};

export type Blind = Interval & { readonly source: string; readonly cause: Reason };

/** What is known of one source in one window. */
export type SourceCoverage = {
  readonly name: string;
  readonly events: number;
  readonly unparsed: number;
  readonly late: number;
  /** Records that gave no events or were never read, which belong to the window or may do so. */
  readonly lost: number;
  /** False when the number of lost events cannot be bounded. */
  readonly countable: boolean;
  readonly blind: readonly Blind[];
  readonly reasons: readonly Reason[];
  /** True when nothing of the window can be unread any more. */
  readonly complete: boolean;
};

export type Coverage = {
  readonly sources: readonly SourceCoverage[];
  readonly events: number;
  readonly lost: number;
  readonly countable: boolean;
  readonly blindMs: number;
  readonly reasons: readonly Reason[];
  readonly caps: readonly Reason[];
  readonly complete: boolean;
};

/** Which sources fill each role: the profile's word before the pack's. */
export function bindRoles(pack: ControlPack, profile: Profile, history: History): ReadonlyMap<string, Binding> {
  return new Map(
    pack.sources.map((role) => {
      const own = profile.sources[role.id];
      const from = own?.from ?? role.from;
      const names = from === '*' ? [...history.sources.keys()] : from === 'unbound' ? [] : from;
      const binding: Binding = {
        role: role.id,
        declared: from !== '*' && from !== 'unbound',
        names: [...new Set(names)].sort(),
        heartbeatMs: own?.heartbeat ?? role.heartbeat,
        latenessMs: own?.lateness ?? role.lateness,
        types: role.event_types ?? {},
      };
      return [role.id, binding] as const;
    }),
  );
}

/** What is known of the sources of some roles in a window; a source of two roles counts once, with the stricter limits. */
export function coverageOf(bindings: readonly Binding[], history: History, window: Window, known: Interval): Coverage {
  const byName = new Map<string, Binding>();
  for (const binding of bindings) {
    for (const name of binding.names) {
      const before = byName.get(name);
      byName.set(name, before === undefined ? binding : stricter(before, binding));
    }
  }
  const sources = [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, binding]) => sourceCoverage(name, binding, history, window, known));
  const caps: Reason[] = [];
  if (bindings.some(({ declared }) => !declared)) caps.push('source-undeclared');
  if (sources.some(({ name }) => proofsOf(history.sources.get(name)).includes('none'))) caps.push('source-unprovable');
  return {
    sources,
    events: sum(sources, ({ events }) => events),
    lost: sum(sources, ({ lost }) => lost),
    countable: sources.every(({ countable }) => countable),
    blindMs: unionMs(sources.flatMap(({ blind }) => blind)),
    reasons: sources.flatMap(({ reasons }) => reasons),
    caps,
    complete: sources.every(({ complete }) => complete),
  };
}

function stricter(a: Binding, b: Binding): Binding {
  return { ...a, heartbeatMs: Math.min(a.heartbeatMs, b.heartbeatMs), latenessMs: Math.max(a.latenessMs, b.latenessMs) };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

const proofsOf = (source: SourceHistory | undefined): string[] =>
  source === undefined ? [] : [...source.partitions.values()].map(({ proof }) => proof);

function sourceCoverage(name: string, binding: Binding, history: History, window: Window, known: Interval): SourceCoverage {
  const span = { from: window.start * MS_PER_MINUTE, to: window.end * MS_PER_MINUTE };
  const source = history.sources.get(name);
  if (source === undefined) {
    const blind = { ...span, source: name, cause: 'source-silent' } as const;
    return { name, events: 0, unparsed: 0, late: 0, lost: 0, countable: false, blind: [blind], reasons: ['source-silent'], complete: true };
  }
  const sums = source.all.sums(window.start, window.end);
  const gaps = source.gaps.filter((gap) => overlaps(gapSpan(gap, binding.latenessMs), span));
  const silent = source.all.silences(window.start, window.end, binding.heartbeatMs, known);
  const said = source.silences
    .map(({ from, to = Number.POSITIVE_INFINITY }) => ({ from, to }))
    .filter((silence) => overlaps(silence, span));
  const restarts = proofsOf(source).includes('none')
    ? history.downtimes.map(({ from, to = Number.POSITIVE_INFINITY }) => ({ from, to })).filter((down) => overlaps(down, span))
    : [];
  const marked = (intervals: readonly Interval[], cause: Reason): Blind[] =>
    intervals.map((interval) => ({ ...clipped(interval, span), source: name, cause }));
  const losses = [...source.losses.values()].filter(({ minute }) => minute === null || within(minute, window, binding.latenessMs));
  const leading = source.all.bounds() === undefined ? [...source.partitions.values()].some(({ totals }) => totals.dead > 0) : false;
  const fansOut = [...source.partitions.values()].some(({ totals }) => totals.events > totals.decoded);
  return {
    name,
    ...sums,
    lost: sum(losses, ({ count }) => count) + sum(gaps, gapLength),
    countable: silent.length + said.length + restarts.length === 0 && gaps.every((gap) => gapLength(gap) > 0) && !fansOut,
    blind: [
      ...marked([...silent, ...said], 'source-silent'),
      ...marked(
        gaps.map((gap) => gapSpan(gap, binding.latenessMs)),
        'completeness-low',
      ),
      ...marked(restarts, 'engine-restart-gap'),
    ],
    reasons: [
      ...(silent.length + said.length > 0 ? (['source-silent'] as const) : []),
      ...(restarts.length > 0 ? (['engine-restart-gap'] as const) : []),
      ...gaps.map((gap) => (gap.cause === 'overlap' ? ('accounting-mismatch' as const) : ('completeness-low' as const))),
      ...losses.map(({ reason }) => (reason === 'unaccounted' ? ('accounting-mismatch' as const) : ('parse-failure' as const))),
      ...(leading ? (['parse-failure'] as const) : []),
    ],
    complete: [...source.partitions.values()].every((partition) => isRead(partition, span.to, binding.latenessMs)),
  };
}

/** Nothing before `endMs` can follow in this partition: it ended, was caught up later, or is that far past it. */
function isRead({ ended, caughtUpMs, lastMinute }: PartitionHistory, endMs: number, latenessMs: number): boolean {
  if (ended || (caughtUpMs !== undefined && caughtUpMs >= endMs)) return true;
  return lastMinute !== undefined && lastMinute * MS_PER_MINUTE >= endMs + latenessMs;
}

/** Event times that lost records can have: between their neighbours, give or take the lateness. */
export function gapSpan(gap: Gap, latenessMs: number): Interval {
  const { afterMinute: after, beforeMinute: before } = gap;
  // Out of order, the neighbours may stand the other way round.
  const low = after === undefined || before === undefined ? after : Math.min(after, before);
  const high = after === undefined || before === undefined ? before : Math.max(after, before);
  return {
    from: low === undefined ? Number.NEGATIVE_INFINITY : low * MS_PER_MINUTE - latenessMs,
    to: high === undefined ? Number.POSITIVE_INFINITY : (high + 1) * MS_PER_MINUTE + latenessMs,
  };
}

/** Number of offsets lost, 0 when the range is not known. */
export function gapLength({ from, to }: Gap): number {
  return from === null || to === null ? 0 : Number(BigInt(to) - BigInt(from));
}

function within(minute: number, window: Window, latenessMs: number): boolean {
  const pad = Math.ceil(latenessMs / MS_PER_MINUTE);
  return minute >= window.start - pad && minute < window.end + pad;
}

export function overlaps(a: Interval, b: Interval): boolean {
  return a.from < b.to && a.to > b.from;
}

export function clipped({ from, to }: Interval, span: Interval): Interval {
  return { from: Math.max(from, span.from), to: Math.min(to, span.to) };
}

/** Length of the union of intervals, in ms. */
export function unionMs(intervals: readonly Interval[]): number {
  const sorted = [...intervals].sort((a, b) => a.from - b.from || a.to - b.to);
  let total = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const { from, to } of sorted) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total;
}
