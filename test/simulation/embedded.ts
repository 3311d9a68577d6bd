import { createHash } from 'node:crypto';
import { createDelivery } from '../../src/pipeline/deliver.ts';
import { createEngine, type Engine } from '../../src/pipeline/engine.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import type { Delivery, Sink } from '../../src/sink/sink.ts';
import { type Database, openDatabase } from '../../src/store/sqlite.ts';
import { type Store, storeOver } from '../../src/store/store.ts';
import { BY_ARRIVAL, newNormalizer, parts } from './rules.ts';
import { createChance } from './scheduler.ts';

const BASE = Date.UTC(2026, 10, 20, 8);
const SOURCE = 's';
const SINK = 'soc';
const BODIES = 30;
const never = new AbortController().signal;

/** The process is gone at this point: what was not committed is not there, and nothing after it is done. */
class Killed extends Error {}

/** What a mutant changes of the embedded form; `after` runs when a checkpoint was made, in a transaction of its own. */
export type EmbeddedMutant = {
  readonly store?: (store: Store) => { readonly store: Store; readonly after?: () => void };
  readonly answersFirst?: boolean;
  readonly withoutDigest?: boolean;
  readonly sink?: (sink: Sink, store: Store) => Sink;
};

export type EmbeddedOutcome = {
  readonly expected: number;
  readonly lost: number;
  readonly spurious: number;
  /** Alerts that the receiver never saw, and calls for those that were settled before. */
  readonly lostCalls: number;
  readonly replayCalls: number;
  readonly kills: number;
};

type Body = { readonly bytes: Buffer; answered: boolean };
type Chance = () => number;

function documentOf(n: number, chance: Chance): object {
  const pick = (of: number): number => Math.floor(chance() * of);
  return {
    '@timestamp': new Date(BASE + Math.round((n * 2 - chance() * 6) * 1000)).toISOString(),
    act: ['fail', 'fail', 'fail', 'ok', 'ok', 'slow', 'admin'][pick(7)],
    who: `u${pick(3)}`,
    host: `h${pick(4)}`,
    bytes: pick(100),
    tags: ['x', 'y', 'z'].filter(() => chance() < 0.5),
  };
}

function engineOn(store: Store): Engine {
  const normalizer = newNormalizer();
  return createEngine({
    store,
    parts,
    sinks: [SINK],
    tenant: 'default',
    normalizerOf: () => normalizer,
    allowedLateness: 20_000_000_000n,
    observe: () => undefined,
    observeAlerts: () => undefined,
    observeNote: () => undefined,
    observeReplay: () => undefined,
    observeAction: () => undefined,
    observeSilence: () => undefined,
    observeAttestation: () => undefined,
    seal: () => [],
  });
}

const inboxOf = (store: Store) => store.inbox.of(SOURCE, { maxBytes: 1 << 24, repeatWindowMs: 600_000 });

/** Takes what stands in the inbox behind the engine's position; false: nothing was there. */
function take(engine: Engine, store: Store, limit: number): boolean {
  const from = engine.positions(SOURCE).get(0) ?? 0n;
  const records = inboxOf(store).read(from, limit);
  if (records.length === 0) return false;
  engine.step(SOURCE, { partition: 0, records: records.map((record) => ({ ...record, source: SOURCE, partition: 0 })) });
  return true;
}

function alertsOf(store: Store): ReadonlyMap<string, string> {
  const found = store.alerts.after(0, 100_000).map(({ id, document }) => [id, document] as const);
  return new Map(
    found
      .filter(([, document]) => !BY_ARRIVAL.has(String((document['rule'] as { id: string }).id)))
      .map(([id, document]) => [id, JSON.stringify(document)]),
  );
}

/** Every body once, in the order in which they were taken, by an engine that nothing happens to. */
function reference(bodies: readonly Body[]): ReadonlyMap<string, string> {
  const database = openDatabase(':memory:');
  const store = storeOver(database);
  for (const { bytes } of bodies) inboxOf(store).append([{ bytes, headers: new Map(), appendedAt: BASE }]);
  const engine = engineOn(store);
  while (take(engine, store, 100));
  engine.end();
  const alerts = alertsOf(store);
  database.close();
  return alerts;
}

/**
 * The embedded engine with its real store, senders that come again until they are answered, and a receiver; the process
 * dies before or after any of its transactions and calls, and another takes over what is in the file.
 */
export async function simulateEmbedded(seed: number, mutant: EmbeddedMutant = {}): Promise<EmbeddedOutcome> {
  const chance = createChance(seed);
  const file = openDatabase(':memory:');
  let rate = [0, 0.01, 0.04][Math.floor(chance() * 3)] as number;
  let kills = 0;
  const maybeDie = (): void => {
    if (chance() >= rate) return;
    kills++;
    throw new Killed();
  };
  const database: Database = {
    ...file,
    transaction(work) {
      maybeDie();
      const result = file.transaction(work);
      maybeDie();
      return result;
    },
  };
  const bodies: Body[] = Array.from({ length: BODIES }, (_, n) => ({
    bytes: Buffer.from(JSON.stringify(documentOf(n, chance))),
    answered: false,
  }));
  const order: Body[] = [];
  const calls = new Set<string>();
  const settled = new Set<string>();
  let replayCalls = 0;
  const [refused, answerLost] = [chance() < 0.5 ? 0.1 : 0, chance() < 0.5 ? 0.1 : 0];
  let now = BASE;
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };

  const receiver: Sink = {
    name: SINK,
    async write(alerts) {
      maybeDie();
      const outcomes = alerts.map(({ id }): Delivery => {
        if (rate > 0 && chance() < refused) return { id, outcome: 'retry', reason: 'busy', retryAfterMs: 10 };
        if (settled.has(id)) replayCalls++;
        calls.add(id);
        return { id, outcome: 'stored' };
      });
      maybeDie();
      if (rate > 0 && chance() < answerLost) throw new Error('answer lost');
      return outcomes;
    },
    close: async () => undefined,
  };

  const begin = () => {
    const own = storeOver(database);
    const { store, after } = mutant.store?.(own) ?? { store: own, after: undefined };
    const told: Store = {
      ...store,
      outbox: {
        ...store.outbox,
        delivered(sink, ids) {
          store.outbox.delivered(sink, ids);
          for (const id of ids) settled.add(id);
        },
      },
    };
    const sink = mutant.sink?.(receiver, told) ?? receiver;
    const turn = createDelivery({
      sink,
      outbox: told.outbox,
      clock,
      logger: silentLogger,
      onOutcome: () => undefined,
      retryDelayMs: () => 10,
    });
    return { store: told, after, turn, engine: engineOn(told) };
  };

  const receive = (store: Store, body: Body): void => {
    const inbox = inboxOf(store);
    const before = inbox.head();
    if (mutant.answersFirst) body.answered = true;
    const digest = mutant.withoutDigest ? {} : { digest: createHash('sha256').update(body.bytes).digest('hex') };
    try {
      inbox.append([{ bytes: body.bytes, headers: new Map(), appendedAt: BASE, ...digest }]);
    } finally {
      if (inboxOf(storeOver(file)).head() > before && !order.includes(body)) order.push(body);
    }
    if (rate > 0 && chance() < 0.1) return;
    body.answered = true;
  };

  const checkpoint = ({ engine, store, after }: ReturnType<typeof begin>): void => {
    engine.checkpoint();
    after?.();
    inboxOf(store).release(engine.positions(SOURCE).get(0) ?? 0n);
  };

  let life = begin();
  const act = async (): Promise<void> => {
    // In disorder, but none so late that its time has passed: then what becomes of it depends on how batches were cut.
    const first = bodies.findIndex(({ answered }) => !answered);
    const waiting = bodies.slice(first, first + 4).filter(({ answered }) => !answered);
    const body = waiting[Math.floor(chance() * waiting.length)];
    const what = chance();
    if (what < 0.45 && body !== undefined) receive(life.store, body);
    else if (what < 0.7) take(life.engine, life.store, 1 + Math.floor(chance() * 6));
    else if (what < 0.85) checkpoint(life);
    else await life.turn(never);
    now += 20;
  };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      restart();
    }
  };
  const restart = (): void => {
    for (;;) {
      try {
        life = begin();
        return;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
  };
  for (let n = 0; n < 120 || bodies.some(({ answered }) => !answered); n++) await attempt(act);
  rate = 0;
  life = begin();
  while (take(life.engine, life.store, 100));
  life.engine.end();
  checkpoint(life);
  for (let idle = 0; idle < 3; ) {
    now += 400_000;
    idle = (await life.turn(never)).settled > 0 ? 0 : idle + 1;
  }

  const expected = reference([...order, ...bodies.filter((body) => !order.includes(body))]);
  const stored = alertsOf(life.store);
  const outcome = {
    expected: expected.size,
    lost: [...expected].filter(([id, text]) => stored.get(id) !== text).length,
    spurious: [...stored.keys()].filter((id) => !expected.has(id)).length,
    lostCalls: [...stored.keys()].filter((id) => !calls.has(id)).length,
    replayCalls,
    kills,
  };
  file.close();
  return outcome;
}

/** Each guard of the embedded form, taken away. */
export const EMBEDDED_MUTANTS: Readonly<Record<string, EmbeddedMutant>> = {
  'state first, alerts later': {
    store(store) {
      const queue: Parameters<Store['alerts']['append']>[] = [];
      const append: Store['alerts']['append'] = (...args) => {
        queue.push(args);
        return args[0].map(({ id }) => id);
      };
      const after = (): void => store.transaction(() => void queue.splice(0).map((args) => store.alerts.append(...args)));
      return { store: { ...store, alerts: { ...store.alerts, append } }, after };
    },
  },
  'state first, offset later': {
    store(store) {
      type Checkpoint = Parameters<Store['checkpoints']['save']>[0];
      let before: Checkpoint['positions'] = store.checkpoints.loadNewest().checkpoint?.positions ?? [];
      let newest: Checkpoint | undefined;
      const save = (checkpoint: Checkpoint): void => {
        store.checkpoints.save({ ...checkpoint, positions: before });
        newest = checkpoint;
      };
      const after = (): void => {
        const last = newest;
        if (last === undefined) return;
        store.transaction(() => store.checkpoints.save(last));
        before = last.positions;
      };
      return { store: { ...store, checkpoints: { ...store.checkpoints, save } }, after };
    },
  },
  'alerts first, outbox later': {
    store(store) {
      const queue: string[] = [];
      const append: Store['alerts']['append'] = (alerts) => {
        const added = store.alerts.append(alerts, []);
        queue.push(...added);
        return added;
      };
      const after = (): void => store.transaction(() => void store.outbox.replay({ receiver: SINK, ids: queue.splice(0) }));
      return { store: { ...store, alerts: { ...store.alerts, append } }, after };
    },
  },
  'answered before it is in the inbox': { answersFirst: true },
  'no digest of the body': { withoutDigest: true },
  'settled before the call': {
    sink: (sink, store) => ({
      ...sink,
      async write(alerts, signal) {
        store.outbox.delivered(
          SINK,
          alerts.map(({ id }) => id),
        );
        return sink.write(alerts, signal);
      },
    }),
  },
};

/** What is wrong with a run; undefined: nothing. */
export function embeddedFaultOf({ expected: _expected, kills: _kills, ...parts }: EmbeddedOutcome): string | undefined {
  const found = Object.entries(parts).filter(([, n]) => n > 0);
  return found.length === 0 ? undefined : found.map(([what, n]) => `${what} ${n}`).join(', ');
}
