import type { Nanos } from '../event/time.ts';

/** Intervals of event time in which a source partition was silent, or its records were lost; an open one has no end yet. */
export type Silences = {
  begin(source: string, partition: number, from: Nanos): void;
  /** The partition speaks again: what was decided without it, up to `to`, was decided in its silence. */
  end(source: string, partition: number, to: Nanos): void;
  /** True when a silence of one of these sources overlaps the closed interval; `sources` undefined: of any source. */
  within(start: Nanos, end: Nanos, sources: ReadonlySet<string> | undefined): boolean;
  forget(before: Nanos): void;
  snapshot(): readonly SilenceEntry[];
};

export type SilenceEntry = readonly [source: string, partition: number, from: string, to: string | null];

type Silence = { readonly source: string; readonly partition: number; readonly from: Nanos; to: Nanos | undefined };

export function createSilences(snapshot: readonly SilenceEntry[] = []): Silences {
  let list: Silence[] = snapshot.map(([source, partition, from, to]) => ({
    source,
    partition,
    from: BigInt(from),
    to: to === null ? undefined : BigInt(to),
  }));
  const open = (source: string, partition: number): Silence | undefined =>
    list.find((one) => one.to === undefined && one.source === source && one.partition === partition);
  return {
    begin(source, partition, from) {
      if (open(source, partition) === undefined) list.push({ source, partition, from, to: undefined });
    },
    end(source, partition, to) {
      const silence = open(source, partition);
      if (silence !== undefined) silence.to = to;
    },
    within: (start, end, sources) =>
      list.some(
        ({ source, from, to }) => from <= end && (to === undefined || to >= start) && (sources === undefined || sources.has(source)),
      ),
    forget(before) {
      if (list.some(({ to }) => to !== undefined && to < before)) list = list.filter(({ to }) => to === undefined || to >= before);
    },
    snapshot: () => list.map(({ source, partition, from, to }) => [source, partition, String(from), to === undefined ? null : String(to)]),
  };
}
