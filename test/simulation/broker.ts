import type { Append, Committed, Entry, KeyedLog, LogWriter, OwnedPartition } from '../../src/transport/port.ts';
import type { Actor, Scheduler } from './scheduler.ts';

/** Rates of faults per call; zero for kinds that are not active in a run. */
export type Faults = {
  notWritten: number;
  answerLost: number;
  writtenLate: number;
  commitLost: number;
  checkpointRepeated: number;
  checkpointDamaged: number;
};

/** `low`: what lies before was removed by retention. */
type Log = { entries: Entry[]; epoch: number; low: number };

/** Things that must happen in some runs, or the runs prove nothing. */
export type Seen = Map<string, number>;
export const saw = (seen: Seen, what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

/** Logs, groups and compacted topics of one cluster; every call is answered by the scheduler, some of them badly. */
export class Broker {
  readonly logs = new Map<string, Log>();
  readonly offsets = new Map<string, Committed>();
  readonly owners = new Map<string, Actor>();
  pendingLate = 0;
  /** Told of every commit that was accepted. */
  onCommit: (key: string, committed: Committed) => void = () => undefined;

  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly seen: Seen;
  readonly system: Actor;
  readonly now: () => number;

  constructor(scheduler: Scheduler, faults: Faults, seen: Seen, system: Actor, now: () => number) {
    this.scheduler = scheduler;
    this.faults = faults;
    this.seen = seen;
    this.system = system;
    this.now = now;
  }

  log(topic: string, partition: number): Log {
    const key = `${topic}/${partition}`;
    let log = this.logs.get(key);
    if (log === undefined) {
      log = { entries: [], epoch: 0, low: 0 };
      this.logs.set(key, log);
    }
    return log;
  }

  put(topic: string, partition: number, entries: readonly Append[]): void {
    const log = this.log(topic, partition);
    for (const { key, value } of entries)
      log.entries.push({
        offset: BigInt(log.entries.length),
        appendedAt: this.now(),
        key,
        value: value === null ? null : Uint8Array.from(value),
      });
  }

  recreate(topic: string, partition: number): void {
    const log = this.log(topic, partition);
    log.entries = [];
    log.epoch++;
  }

  writer(topic: string, partitions: number, actor: Actor): LogWriter {
    const { scheduler, faults, seen } = this;
    return {
      partitions,
      append: (partition, entries) =>
        scheduler.call(actor, () => {
          const fate = scheduler.chance();
          if (fate < faults.notWritten) throw new Error('append: time-out');
          if (fate < faults.notWritten + faults.writtenLate) {
            this.pendingLate++;
            void scheduler.call(
              this.system,
              () => {
                this.pendingLate--;
                if (actor.dead) saw(seen, 'late request after its sender died');
                this.put(topic, partition, entries);
              },
              1 + scheduler.pick(400),
            );
            throw new Error('append: time-out');
          }
          this.put(topic, partition, entries);
          if (this.owners.get(actor.name) !== actor) saw(seen, 'append of a worker that had lost its partition');
          if (fate > 1 - faults.answerLost) throw new Error('append: answer lost');
        }),
    };
  }

  /** The harshest retention that is legal: matches go as soon as two checkpoints hold them. */
  private retain(topic: string, partition: number): void {
    const manifests = new Set<string>();
    for (const { key = '', value } of this.log(topic, partition).entries)
      if (key.startsWith('m/')) value === null ? manifests.delete(key) : manifests.add(key);
    const second = [...manifests].sort().at(-2);
    if (second === undefined) return;
    const log = this.log('matches', partition);
    log.low = Math.max(log.low, Number(second.slice(2).split('-')[0]));
  }

  /** What a worker of a group sees of a partition. */
  owned(topic: string, partition: number, group: string, actor: Actor, batch: number): OwnedPartition {
    const { scheduler, faults, seen } = this;
    const key = `${group}/${partition}`;
    const { epoch } = this.log(topic, partition);
    const check = (): Log => {
      const log = this.log(topic, partition);
      if (log.epoch !== epoch) throw new Error('the topic was made anew');
      return log;
    };
    const self = this;
    return {
      partition,
      revoked: new AbortController().signal,
      bounds: () => scheduler.call(actor, () => ({ low: BigInt(check().low), high: BigInt(check().entries.length) })),
      async *read(offset) {
        let next = Number(offset);
        for (;;) {
          const idle = next >= self.log(topic, partition).entries.length;
          const entries = await scheduler.call(
            actor,
            () => {
              next = Math.max(next, check().low);
              return check().entries.slice(next, next + 1 + scheduler.pick(batch));
            },
            idle ? 15 + scheduler.pick(10) : 0,
            true,
          );
          if (entries.length === 0) actor.quiet++;
          else actor.quiet = 0;
          next += entries.length;
          yield entries;
        }
      },
      committed: () => scheduler.call(actor, () => this.offsets.get(key)),
      commit: (committed) =>
        scheduler.call(actor, () => {
          if (this.owners.get(actor.name) !== actor) {
            saw(seen, 'commit refused');
            throw new Error('commit: not a member');
          }
          if (scheduler.chance() < faults.commitLost) throw new Error('commit: lost');
          this.offsets.set(key, committed);
          this.onCommit(key, committed);
        }),
    };
  }

  /** What compaction leaves. */
  kept(topic: string, partition: number): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    for (const { key = '', value } of this.log(topic, partition).entries) {
      if (value === null) found.delete(key);
      else found.set(key, value);
    }
    return found;
  }

  keyed(topic: string, actor: Actor): KeyedLog {
    const { scheduler, faults, seen } = this;
    return {
      end: (partition) => scheduler.call(actor, () => BigInt(this.log(topic, partition).entries.length)),
      read: (partition) =>
        scheduler.call(actor, () => {
          const found = this.kept(topic, partition);
          if (scheduler.chance() < faults.checkpointDamaged) damageNewest(found, scheduler, seen);
          return found;
        }),
      // Each entry is a request of its own, so that a kill between two leaves a torn checkpoint.
      write: async (partition, entries) => {
        for (const { key, value } of entries)
          await scheduler.call(actor, () => {
            if (this.owners.get(actor.name) !== actor && key.startsWith('m/') && value !== null)
              saw(seen, 'checkpoint of a worker that had lost its partition');
            const times = scheduler.chance() < faults.checkpointRepeated ? 2 : 1;
            for (let n = 0; n < times; n++) this.put(topic, partition, [{ key, value }]);
            if (key.startsWith('m/')) this.retain(topic, partition);
          });
      },
    };
  }
}

function damageNewest(found: Map<string, Uint8Array>, scheduler: Scheduler, seen: Seen): void {
  const newest = [...found.keys()]
    .filter((key) => key.startsWith('m/'))
    .sort()
    .at(-1);
  if (newest === undefined) return;
  const key = `c/${newest.slice(2)}/0`;
  const value = found.get(key);
  if (value === undefined || value.length === 0) return;
  const damaged = Uint8Array.from(value);
  const at = scheduler.pick(damaged.length);
  damaged[at] = (damaged[at] as number) ^ 1;
  found.set(key, damaged);
  saw(seen, 'damaged checkpoint');
}
