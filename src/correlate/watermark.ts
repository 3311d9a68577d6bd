import type { Nanos } from '../event/time.ts';

/** The joint watermark of all source partitions: the least of those that are not idle, never backwards. */
export type Watermark = {
  /** Returns the joint watermark when it moved forward. */
  report(partition: string, time: Nanos, idle: boolean): Nanos | undefined;
  /** A partition that will speak; until then it holds back all others. One that is idle does so again if it is `awake`. */
  expect(partition: string, awake: boolean): void;
  current(): Nanos;
  snapshot(): readonly (readonly [string, string, boolean])[];
};

export function createWatermark(start: Nanos, snapshot: readonly (readonly [string, string, boolean])[] = []): Watermark {
  const partitions = new Map(snapshot.map(([name, time, idle]) => [name, { time: BigInt(time), idle }]));
  const joint = (): Nanos => {
    const all = [...partitions.values()];
    const active = all.filter(({ idle }) => !idle);
    // When every input rests, the furthest one says how far time has come.
    if (active.length === 0) return all.reduce((most, { time }) => (time > most ? time : most), start);
    return active.reduce((least, { time }) => (time < least ? time : least), (active[0] as { time: Nanos }).time);
  };
  let current = joint();
  return {
    report(partition, time, idle) {
      const known = partitions.get(partition);
      partitions.set(partition, { time: known !== undefined && known.time > time ? known.time : time, idle });
      const next = joint();
      if (next <= current) return undefined;
      current = next;
      return current;
    },
    expect(partition, awake) {
      const known = partitions.get(partition);
      if (known === undefined || (awake && known.idle)) partitions.set(partition, { time: known?.time ?? start, idle: false });
    },
    current: () => current,
    snapshot: () => [...partitions].map(([name, { time, idle }]) => [name, String(time), idle] as const),
  };
}
