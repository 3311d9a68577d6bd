import type { Note } from '../../src/correlate/correlator.ts';
import { announceTo } from '../../src/pipeline/distributed/activation.ts';
import { correlateWorker } from '../../src/pipeline/distributed/correlate.ts';
import { deliverWorker } from '../../src/pipeline/distributed/deliver.ts';
import { createFilter } from '../../src/pipeline/distributed/filter.ts';
import { ingestWorker } from '../../src/pipeline/distributed/ingest.ts';
import { ACTIVATION_KEY, type AlertRecord, decodeAlertRecord, encodeMatchRecord } from '../../src/pipeline/distributed/records.ts';
import { type CorrelateParts, createPartitionReducer } from '../../src/pipeline/distributed/reducer.ts';
import type { Rulesets, StageRules } from '../../src/pipeline/distributed/rulesets.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { sha256Hex } from '../../src/shared/digest.ts';
import type { Logger } from '../../src/shared/logger.ts';
import { indexOf } from '../../src/sink/elasticsearch.ts';
import type { AlertDocument, Delivery, Sink } from '../../src/sink/sink.ts';
import { createPartitionCheckpoints, type PartitionCheckpoints } from '../../src/transport/checkpoints.ts';
import type { Entry, KeyedLog, LogWriter, OwnedPartition, Worker } from '../../src/transport/port.ts';
import { createRulesetLog, type NumberedBundle } from '../../src/transport/ruleset-log.ts';
import { Broker, type Faults, type Seen, saw } from './broker.ts';
import { closedBySource, exactFilter, isLasting, type Switch } from './oracle.ts';
import { AFTER, BEFORE, BY_ARRIVAL, newNormalizer, SETTLED } from './rules.ts';
import { type Actor, Scheduler } from './scheduler.ts';

const BASE = Date.UTC(2026, 10, 20, 8);
const LATENESS = 20_000_000_000n;
const SOURCE = 's';
const PATIENCE = 12_000;
/** How long a partition says nothing before it is told that it rests. */
export const REST_MS = 1500;
const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Logger;

/** What a mutant puts in the place of a part of the product or of its surroundings; the design itself changes nothing. */
export type Mutant = {
  readonly filterOf?: typeof createFilter;
  readonly matches?: (writer: LogWriter, actor: Actor, world: World) => LogWriter;
  readonly alerts?: (writer: LogWriter, actor: Actor, world: World) => LogWriter;
  readonly owned?: (owned: OwnedPartition, stage: Stage, world: World, actor: Actor) => OwnedPartition;
  readonly keyed?: (log: KeyedLog) => KeyedLog;
  readonly checkpoints?: (checkpoints: PartitionCheckpoints, world: World) => PartitionCheckpoints;
  readonly parts?: (parts: CorrelateParts, world: World) => CorrelateParts;
  readonly sink?: (sink: Sink, actor: Actor, world: World) => Sink;
  /** Where a document is stored; in one index its id is unique, in two it would stand twice. */
  readonly rulesets?: (rulesets: Rulesets, world: World) => Rulesets;
  /** Says that rules are active before it told any partition of matches. */
  readonly controlFirst?: boolean;
  readonly indexOf?: (document: AlertDocument['document'], world: World) => string;
};

export type Size = { readonly sources: number; readonly records: number; readonly rate: number };
export const SMALL: Size = { sources: 3, records: 14, rate: 1 };

export type Outcome = {
  readonly expected: number;
  readonly lost: readonly string[];
  readonly spurious: readonly string[];
  /** Against an evaluation of the source records alone. */
  readonly againstSource: readonly string[];
  readonly duplicates: number;
  readonly replayCalls: number;
  /** What was not decided, and budgets that were reached: said and not expected, or expected and not said. */
  readonly notes: readonly string[];
  readonly undecided: number;
  readonly steps: number;
  readonly finished: boolean;
};

type Stage = 'ingest' | 'correlate' | 'deliver' | 'admin';
type Slot = { readonly stage: Stage; readonly partition: number; actor: Actor };

/** A bundle of the simulation is the name of its rules. */
const BUNDLES: ReadonlyMap<string, StageRules> = new Map([
  [sha256Hex('before'), BEFORE],
  [sha256Hex('after'), AFTER],
]);
const rulesOf = (bundle: string): StageRules => BUNDLES.get(bundle) as StageRules;

export class World {
  readonly scheduler: Scheduler;
  readonly broker: Broker;
  readonly seen: Seen;
  readonly stored = new Map<string, string>();
  readonly matchPartitions: number;
  readonly clock: Clock;
  duplicates = 0;
  replayCalls = 0;
  private readonly system: Actor = { name: 'system', dead: false, pausedUntil: 0, quiet: 0 };
  private readonly slots: Slot[] = [];
  private readonly history: Entry[][][];
  private readonly indexes = new Map<string, string>();
  private readonly memory = new Map<string, string[]>();
  private readonly said = new Set<string>();
  private readonly scanned = new Map<number, number>();
  private readonly firstAt = new Map<string, bigint>();
  private readonly chaos: { kill: number; killAll: number; pause: number; recreate: boolean };
  private readonly sinkFaults: { refused: number; answerLost: number };
  private readonly idles: boolean;
  private faulty = true;
  private recreated = false;
  /** Step at which somebody makes the later rules active; undefined: nobody does. */
  private readonly activatesAt: number | undefined;
  private activated = false;
  private readonly switches = new Map<number, Switch>();
  private readonly faults: Faults;
  private readonly size: Size;
  private readonly mutant: Mutant;

  constructor(seed: number, size: Size, seen: Seen, mutant: Mutant) {
    this.size = size;
    this.seen = seen;
    this.mutant = mutant;
    this.scheduler = new Scheduler(seed);
    const { scheduler } = this;
    const active = (rate: number): number => (scheduler.chance() < 0.5 ? rate * size.rate : 0);
    this.faults = {
      notWritten: active(0.05),
      answerLost: active(0.04),
      writtenLate: active(0.03),
      commitLost: active(0.03),
      checkpointRepeated: active(0.05),
      checkpointDamaged: active(0.05),
    };
    this.sinkFaults = { refused: active(0.08), answerLost: active(0.05) };
    this.chaos = { kill: active(0.0048), killAll: active(0.0012), pause: active(0.005), recreate: scheduler.chance() < 0.3 };
    // Rests that are told as such, so that time goes on without the partition that rests.
    this.idles = scheduler.chance() < 0.3;
    this.activatesAt = scheduler.chance() < 0.7 ? scheduler.pick(400) : undefined;
    this.matchPartitions = 1 + scheduler.pick(4);
    this.clock = { now: () => BASE + scheduler.step * 10, sleep: async () => undefined };
    this.broker = new Broker(scheduler, this.faults, seen, this.system, () => BASE + scheduler.step * 10);
    this.history = Array.from({ length: size.sources }, () => [[]]);
    this.broker.onCommit = (key, { offset, metadata }) => {
      const [group, partition] = key.split('/');
      if (group !== 'ingest' || this.switches.has(Number(partition)) || !metadata.includes('"r":2')) return;
      saw(seen, 'source read by other rules');
      // By the incarnation that the worker read: the topic may have been made anew since.
      this.switches.set(Number(partition), { epoch: (JSON.parse(metadata) as { i: number }).i - 1, offset });
    };
  }

  /** Ids that a worker keeps, through its restarts; for mutants. */
  remembered(name: string): string[] {
    const list = this.memory.get(name) ?? [];
    this.memory.set(name, list);
    return list;
  }

  private clockOf(actor: Actor): Clock {
    return {
      now: () => BASE + this.scheduler.step * 10,
      sleep: (ms) => this.scheduler.call(actor, () => undefined, 1 + Math.min(30, ms / 100)),
    };
  }

  /** The newest rules that the log says are active. */
  newestRules(): number {
    const active = [...this.broker.kept('control', 0).keys()].filter((key) => key.startsWith('a/'));
    return Math.max(0, ...active.map((key) => Number(key.slice(2))));
  }

  /** The rulesets as a worker knows them: of the newest it may not have heard yet. */
  private rulesetsOf(actor: Actor): Rulesets {
    let heard = 1;
    const loadBundle = (bundle: string): Promise<StageRules> =>
      this.scheduler.call(actor, () => {
        const { correlate, ...rest } = rulesOf(bundle);
        return { ...rest, correlate: this.mutant.parts?.(correlate, this) ?? correlate };
      });
    return {
      newest: () => {
        if (this.scheduler.chance() < 0.3) heard = this.newestRules();
        return heard;
      },
      newestBundle: () => ({ seq: heard, bundle: sha256Hex(heard === 1 ? 'before' : 'after') }),
      loadBundle,
      load: (seq) => loadBundle(sha256Hex(seq === 1 ? 'before' : 'after')),
    };
  }

  /** Makes the later rules active, in as many attempts as it takes. */
  private async administer(actor: Actor): Promise<void> {
    const { scheduler, broker } = this;
    await scheduler.call(actor, () => undefined, Math.max(0, (this.activatesAt ?? 0) - scheduler.step));
    const control = broker.keyed('control', actor);
    const announce = announceTo(broker.writer('matches', this.matchPartitions, actor));
    if (this.mutant.controlFirst) await control.write(0, [{ key: 'a/2', value: Buffer.from(sha256Hex('after')) }]);
    const log = createRulesetLog(control, () => String(scheduler.pick(1e8)));
    const told = async (chosen: NumberedBundle): Promise<void> => {
      if (this.mutant.controlFirst) await scheduler.call(actor, () => undefined, 60);
      await announce(chosen);
    };
    for (;;) {
      try {
        await log.activate(Buffer.from('after'), told);
        this.activated = true;
        return;
      } catch {
        saw(this.seen, 'activation begun again');
        await scheduler.call(actor, () => undefined, 20);
      }
    }
  }

  /** The first rules stand in every log before anything is read. */
  private firstRules(): void {
    const { broker } = this;
    const bundle = sha256Hex('before');
    broker.put('control', 0, [
      { key: 'p/1/0', value: Buffer.from(bundle) },
      { key: 'a/1', value: Buffer.from(bundle) },
    ]);
    const value = encodeMatchRecord({ kind: 'activation', seq: 1, digest: bundle });
    for (let partition = 0; partition < this.matchPartitions; partition++)
      broker.put('matches', partition, [{ key: ACTIVATION_KEY, value }]);
  }

  async run(): Promise<Outcome> {
    const { scheduler, size } = this;
    this.firstRules();
    if (this.activatesAt !== undefined) this.start('admin', 0);
    for (let partition = 0; partition < size.sources; partition++) {
      this.start('ingest', partition);
      void this.produce(partition);
    }
    for (let partition = 0; partition < this.matchPartitions; partition++) {
      this.start('correlate', partition);
      this.start('deliver', partition);
    }
    const limit = 60_000;
    for (let calm = 0; calm < 3 && scheduler.step < limit; ) {
      if (!(await scheduler.next())) break;
      if (this.faulty) this.disturb();
      calm = this.atRest() ? calm + 1 : 0;
      // Faults stop when all is at rest, or after so long: with many of them it never would be.
      if ((calm > 0 || scheduler.step > PATIENCE) && this.faulty) {
        this.faulty = false;
        for (const key of Object.keys(this.faults) as (keyof Faults)[]) this.faults[key] = 0;
        this.sinkFaults.refused = 0;
        this.sinkFaults.answerLost = 0;
        calm = 0;
        // So far ahead that every window is over and every episode closed.
        for (let partition = 0; partition < size.sources; partition++) this.append(partition, { act: 'none' }, 280);
        for (const { actor } of this.slots) actor.quiet = 0;
      }
    }
    const finished = scheduler.step < limit;
    return this.judge(finished);
  }

  /** Faults of processes: all die, one dies, one sleeps while another takes its place and wakes up without knowing. */
  private disturb(): void {
    const { scheduler, chaos } = this;
    if (scheduler.chance() < chaos.killAll) for (const slot of this.slots) this.replace(slot, 'kill');
    const slot = this.slots[scheduler.pick(this.slots.length)];
    if (slot === undefined) return;
    if (scheduler.chance() < chaos.kill) this.replace(slot, 'kill');
    if (scheduler.chance() < chaos.pause) this.replace(slot, 'pause');
    if (chaos.recreate && !this.recreated && scheduler.step > 300) this.recreate();
  }

  private replace(slot: Slot, how: 'kill' | 'pause'): void {
    if (how === 'kill') slot.actor.dead = true;
    else slot.actor.pausedUntil = this.scheduler.step + 30 + this.scheduler.pick(1500);
    this.begin(slot);
  }

  private start(stage: Stage, partition: number): void {
    const slot: Slot = { stage, partition, actor: this.system };
    this.slots.push(slot);
    this.begin(slot);
  }

  private begin(slot: Slot): void {
    const actor: Actor = { name: `${slot.stage}/${slot.partition}`, dead: false, pausedUntil: 0, quiet: 0 };
    slot.actor = actor;
    this.broker.owners.set(actor.name, actor);
    if (slot.stage === 'admin') {
      if (!this.activated) void this.administer(actor);
      return;
    }
    const [topic, worker, group] = this.stageOf(slot.stage, actor);
    const own = this.broker.owned(topic, slot.partition, group, actor, 12);
    const owned = this.mutant.owned?.(own, slot.stage, this, actor) ?? own;
    void worker(owned).catch(() => {
      // As a process does after an unknown outcome: from the last commit or checkpoint, if it is still its turn.
      if (actor.dead) return;
      void this.scheduler.call(
        this.system,
        () => {
          if (slot.actor === actor) this.begin(slot);
        },
        5,
      );
    });
  }

  private stageOf(stage: Stage, actor: Actor): [string, Worker, string] {
    const { broker, mutant } = this;
    const clock = this.clockOf(actor);
    if (stage === 'ingest') {
      const writer = broker.writer('matches', this.matchPartitions, actor);
      const worker = ingestWorker({
        source: SOURCE,
        numberOf: (partition) => partition,
        all: Array.from({ length: this.size.sources }, (_, partition) => [SOURCE, partition] as const),
        rulesets: mutant.rulesets?.(this.rulesetsOf(actor), this) ?? this.rulesetsOf(actor),
        normalizer: newNormalizer(),
        matches: mutant.matches?.(writer, actor, this) ?? writer,
        deadLetters: async () => undefined,
        allowedLateness: LATENESS,
        clock,
        logger: silent,
        idleAfterMs: this.idles ? REST_MS : 1e12,
        every: { records: 6, ms: 300 },
        count: () => undefined,
      });
      return ['source', worker, 'ingest'];
    }
    if (stage === 'correlate') {
      const writer = broker.writer('alerts', this.matchPartitions, actor);
      const keyed = broker.keyed('checkpoints', actor);
      const made = createPartitionCheckpoints(mutant.keyed?.(keyed) ?? keyed, () => String(this.scheduler.pick(1e8)));
      const worker = correlateWorker({
        rulesets: this.rulesetsOf(actor),
        alerts: mutant.alerts?.(writer, actor, this) ?? writer,
        checkpoints: watched(mutant.checkpoints?.(made, this) ?? made, this.seen),
        clock,
        logger: silent,
        say: (note) => {
          saw(this.seen, note.kind);
          this.said.add(noteText(note));
        },
        every: { records: 40, ms: 600 },
        filterOf: counted(mutant.filterOf ?? createFilter, this.seen),
      });
      return ['matches', worker, 'correlate'];
    }
    const sink = this.sinkOf(actor);
    const worker = deliverWorker({
      sink: mutant.sink?.(sink, actor, this) ?? sink,
      clock,
      logger: silent,
      retryDelayMs: () => 200,
      dead: async () => undefined,
      onOutcome: () => undefined,
    });
    return ['alerts', worker, 'deliver'];
  }

  private sinkOf(actor: Actor): Sink {
    return {
      name: 'sink',
      write: (alerts) =>
        this.scheduler.call(actor, () => {
          const outcomes = alerts.map((alert) => this.store(alert as AlertDocument & Partial<AlertRecord>, actor));
          if (this.scheduler.chance() < this.sinkFaults.answerLost) throw new Error('sink: answer lost');
          return outcomes;
        }),
      close: async () => undefined,
    };
  }

  /** Takes an alert or says that it has it; counts calls for alerts that were delivered and told so before. */
  private store(alert: AlertDocument & Partial<AlertRecord>, actor: Actor): Delivery {
    const { id, document } = alert;
    const index = this.mutant.indexOf?.(document, this) ?? indexOf('alerts', document);
    if (this.scheduler.chance() < this.sinkFaults.refused) return { id, outcome: 'retry', reason: 'busy', retryAfterMs: 200 };
    const partition = Number(actor.name.split('/')[1]);
    const first = this.firstOf(partition, alert);
    const committed = this.broker.offsets.get(`deliver/${partition}`);
    if (committed !== undefined && first < committed.offset && this.broker.owners.get(actor.name) === actor) this.replayCalls++;
    if (this.stored.has(id) && this.indexes.get(id) !== index) this.duplicates++;
    else if (this.stored.has(id)) {
      saw(this.seen, '409');
      return { id, outcome: 'duplicate' };
    }
    this.stored.set(id, JSON.stringify(document));
    this.indexes.set(id, index);
    return { id, outcome: 'stored' };
  }

  /** Where an alert was first appended. A group that was evicted may open the same alert again: that is another coordinate. */
  private firstOf(partition: number, { id, at, index }: AlertDocument & Partial<AlertRecord>): bigint {
    const { entries } = this.broker.log('alerts', partition);
    for (let n = this.scanned.get(partition) ?? 0; n < entries.length; n++) {
      const { offset, value } = entries[n] as Entry;
      const record = decodeAlertRecord(value);
      const name = `${partition} ${record?.id} ${record?.at} ${record?.index}`;
      if (!this.firstAt.has(name)) this.firstAt.set(name, offset);
    }
    this.scanned.set(partition, entries.length);
    return this.firstAt.get(`${partition} ${id} ${at} ${index}`) ?? 0n;
  }

  private append(partition: number, document: object, seconds: number): void {
    const time = new Date(BASE + Math.round(seconds * 1000)).toISOString();
    this.appendRecord(partition, [{ '@timestamp': time, ...document }]);
  }

  private appendRecord(partition: number, documents: readonly object[]): void {
    const text = JSON.stringify(documents.length === 1 ? documents[0] : { Records: documents });
    this.broker.put('source', partition, [{ value: Buffer.from(text) }]);
    const entries = this.broker.log('source', partition).entries;
    (this.history[partition] as Entry[][]).at(-1)?.push(entries.at(-1) as Entry);
  }

  /** Records of one partition, written while the engine reads: in disorder, some with two events, some late. */
  private async produce(partition: number): Promise<void> {
    const { scheduler } = this;
    // One partition is silent for so long that it is told as idle, while the others go on.
    const silentAt = this.idles && partition === 0 ? 2 + scheduler.pick(this.size.records - 4) : -1;
    for (let n = 0; n < this.size.records; n++) {
      const pause = n === silentAt ? 250 : 1 + scheduler.pick(50);
      await scheduler.call(this.system, () => this.appendRecord(partition, this.documents(n)), pause);
    }
  }

  private documents(n: number): readonly object[] {
    const { scheduler } = this;
    const one = (): object => {
      const act = ['fail', 'fail', 'fail', 'ok', 'ok', 'slow', 'admin'][scheduler.pick(7)] as string;
      // Only what rules that decide once read comes too late; the others may take it, or not.
      const behind = act === 'slow' && scheduler.chance() < 0.2 ? 40 : scheduler.chance() * 6;
      const time = new Date(BASE + Math.round((n * 2 + 60 - behind) * 1000)).toISOString();
      return {
        '@timestamp': time,
        act,
        who: `u${scheduler.pick(3)}`,
        host: `h${scheduler.pick(4)}`,
        bytes: scheduler.pick(100),
        tags: ['x', 'y', 'z'].filter(() => scheduler.chance() < 0.5),
      };
    };
    return scheduler.chance() < 0.2 ? [one(), one()] : [one()];
  }

  /** A source topic is made anew after everything in it was read and told. */
  private recreate(): void {
    const partition = this.scheduler.pick(this.size.sources);
    const { entries } = this.broker.log('source', partition);
    const committed = this.broker.offsets.get(`ingest/${partition}`);
    if (entries.length === 0 || committed === undefined || Number(committed.offset) !== entries.length) return;
    this.recreated = true;
    this.broker.recreate('source', partition);
    (this.history[partition] as Entry[][]).push([]);
    saw(this.seen, 'source made anew');
  }

  private atRest(): boolean {
    if (this.broker.pendingLate > 0) return false;
    const produced = this.history.every((epochs) => epochs.flat().length >= this.size.records);
    const calm = this.slots.every(({ stage, actor }) => stage === 'admin' || actor.quiet >= 8);
    if (this.activatesAt === undefined) return produced && calm;
    // At the end everybody has heard of the rules, and every partition is read by them.
    return produced && calm && this.activated && this.switches.size === this.size.sources;
  }

  private judge(finished: boolean): Outcome {
    const expected = new Map<string, string>();
    const notes = new Set<string>();
    for (let partition = 0; partition < this.matchPartitions; partition++) {
      const reducer = createPartitionReducer(
        { partsOf: (bundle) => rulesOf(bundle).correlate, say: (note) => notes.add(noteText(note)), filterOf: exactFilter },
        0n,
        undefined,
      );
      for (const entry of this.broker.log('matches', partition).entries)
        for (const { id, document } of reducer.apply(entry)) if (!expected.has(id)) expected.set(id, JSON.stringify(document));
    }
    const lost = [...expected].filter(([id, text]) => this.stored.get(id) !== text).map(([id]) => id);
    const spurious = [...this.stored.keys()].filter((id) => !expected.has(id));
    return {
      expected: expected.size,
      lost,
      spurious,
      againstSource: this.againstSource(),
      duplicates: this.duplicates,
      notes: [
        ...[...notes].filter((note) => !this.said.has(note)).map((note) => `not said: ${note}`),
        ...[...this.said].filter((note) => !notes.has(note)).map((note) => `not expected: ${note}`),
      ],
      undecided: [...notes].filter((note) => note.includes('undecided')).length,
      replayCalls: this.replayCalls,
      steps: this.scheduler.step,
      finished,
    };
  }

  /** Episodes that an evaluation of the source records alone closes, beside those that were stored. */
  private againstSource(): readonly string[] {
    // Where time went on without a partition, what it says afterwards depends on when.
    if (this.idles) return [];
    const changed = this.activatesAt !== undefined;
    const wanted = [...closedBySource(this.history, SOURCE, LATENESS, changed ? this.switches : undefined)].filter(([, { rule }]) =>
      this.comparable(rule),
    );
    // Under which rules an alert was written depends on when they came up.
    const told = (text: string): string => (changed ? '' : text);
    const closed = new Map(wanted.map(([id, { text }]) => [id, told(text)]));
    const stored = new Map<string, string>();
    for (const [id, text] of this.stored) {
      const { rule, wardline } = JSON.parse(text) as { rule: { id: string }; wardline: { alert: { stage: string } } };
      if (wardline.alert.stage === 'closed' && this.comparable(rule.id)) stored.set(id, told(text));
    }
    return [
      ...[...closed]
        .filter(([id, text]) => stored.get(id) !== text)
        .map(([id, text]) => `missing or other: ${id} ${text}\n  stored: ${stored.get(id)}`),
      ...[...stored.keys()].filter((id) => !closed.has(id)).map((id) => `not expected: ${id} ${this.stored.get(id)}`),
    ];
  }

  /** After a gap, rules that decide by the watermark say that they do not know. */
  private comparable(rule: string): boolean {
    return !BY_ARRIVAL.has(rule) && (!this.recreated || !SETTLED.has(rule)) && (this.activatesAt === undefined || isLasting(rule));
  }
}

const noteText = (note: Note): string =>
  JSON.stringify(note, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));

function counted(filterOf: typeof createFilter, seen: Seen): typeof createFilter {
  return (state) => {
    const filter = filterOf(state);
    return {
      ...filter,
      takes(record) {
        const takes = filter.takes(record);
        if (!takes) saw(seen, 'match dropped by the filter');
        return takes;
      },
    };
  };
}

function watched(checkpoints: PartitionCheckpoints, seen: Seen): PartitionCheckpoints {
  return {
    async loadNewest(partition) {
      const found = await checkpoints.loadNewest(partition);
      if (found.damaged.length > 0 && found.checkpoint !== undefined) saw(seen, 'fell back to an older checkpoint');
      if (found.checkpoint !== undefined) saw(seen, 'restored from a checkpoint');
      return found;
    },
    save: checkpoints.save,
  };
}

export async function simulate(seed: number, seen: Seen = new Map(), mutant: Mutant = {}, size: Size = SMALL): Promise<Outcome> {
  return new World(seed, size, seen, mutant).run();
}

/** What is wrong with a run; undefined: nothing. */
export const faultOf = ({ finished, lost, spurious, againstSource, duplicates, replayCalls, notes }: Outcome): string | undefined => {
  const parts = {
    unfinished: finished ? 0 : 1,
    lost: lost.length,
    spurious: spurious.length,
    againstSource: againstSource.length,
    duplicates,
    replayCalls,
    notes: notes.length,
  };
  const found = Object.entries(parts).filter(([, n]) => n > 0);
  return found.length === 0 ? undefined : found.map(([what, n]) => `${what} ${n}`).join(', ');
};
