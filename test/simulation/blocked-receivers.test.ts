import { afterEach, describe, expect, test } from 'vitest';
import { createDelivery } from '../../src/pipeline/deliver.ts';
import { createBell, runOutbox } from '../../src/pipeline/outbox-loop.ts';
import { retryDelayMs } from '../../src/pipeline/retry-schedule.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import type { Delivery, Pace } from '../../src/sink/sink.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { anAlert } from '../support/an-alert.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

const START = Date.UTC(2026, 10, 20);
const HOUR = 3_600_000;
const stores: Store[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

type Receiver = {
  readonly name: string;
  readonly pace?: Pace;
  /** How it answers a call that begins `at` ms after the start, and how long that takes. */
  readonly answer: (at: number) => { readonly ms: number; readonly takes: boolean };
};

/** Receivers over one store as the engine runs them, in virtual time: who got what, and when. */
function world(receivers: readonly Receiver[]) {
  const store = openStore(':memory:');
  stores.push(store);
  const clock: VirtualClock = createVirtualClock(START);
  const bell = createBell(clock);
  const stop = new AbortController();
  const calls = new Map(receivers.map(({ name }) => [name, [] as number[]]));
  const got = new Map(receivers.map(({ name }) => [name, [] as { readonly id: string; readonly at: number }[]]));
  let held = 0;
  let mostHeld = 0;
  const names = receivers.map(({ name }) => name);
  store.outbox.register(names);
  const running = receivers.map(({ name, pace, answer }) => {
    const turn = createDelivery({
      sink: {
        name,
        ...(pace === undefined ? {} : { pace }),
        close: async () => undefined,
        async write(alerts) {
          calls.get(name)?.push(clock.now() - START);
          const { ms, takes } = answer(clock.now() - START);
          await clock.sleep(ms, stop.signal);
          if (takes) for (const { id } of alerts) got.get(name)?.push({ id, at: clock.now() - START });
          return alerts.map(({ id }): Delivery => (takes ? { id, outcome: 'stored' } : { id, outcome: 'retry', reason: 'status 503' }));
        },
      },
      outbox: {
        ...store.outbox,
        due(sink, now, limit) {
          const found = store.outbox.due(sink, now, limit);
          held = found.length;
          mostHeld = Math.max(mostHeld, held);
          return found;
        },
      },
      clock,
      logger: silentLogger,
      onOutcome: () => undefined,
      retryDelayMs: (attempt) => retryDelayMs(attempt, 0.5),
    });
    return runOutbox(turn, bell, clock, stop.signal, stop.signal);
  });
  return {
    calls,
    got,
    mostHeld: () => mostHeld,
    counts: () => store.outbox.counts(),
    /** One alert every `everyMs`, `steps` of each, for so long; then until `end`. */
    async run(everyMs: number, forMs: number, end: number, steps: readonly ('opened' | 'closed')[] = ['opened']) {
      for (let n = 0, at = 0; at < forMs; n++, at += everyMs) {
        await clock.runUntil(START + at);
        const made = steps.map((stage) => anAlert({ id: stage === 'opened' ? `a${n}` : `a${n}-end`, alert: `a${n}`, stage }));
        store.transaction(() => store.alerts.append(made, names));
        bell.ring();
      }
      await clock.runUntil(START + end);
      stop.abort();
      await Promise.all(running);
    },
  };
}

const well: Receiver['answer'] = () => ({ ms: 50, takes: true });

describe('a receiver that is dead for an hour and slow afterwards', () => {
  const EVERY = 10_000;
  const others = ['one', 'two', 'three'].map((name) => ({ name, answer: well, pace: { batch: 1, inFlight: 4 } }));
  const delaysWith = async (fourth: Receiver['answer']) => {
    const all = world([...others, { name: 'fourth', answer: fourth, pace: { batch: 1, inFlight: 4 } }]);
    await all.run(EVERY, 2 * HOUR, 4 * HOUR);
    const delays = others.flatMap(({ name }) => (all.got.get(name) ?? []).map(({ id, at }) => at - Number(id.slice(1)) * EVERY));
    return { all, mean: delays.reduce((sum, one) => sum + one, 0) / delays.length, count: delays.length };
  };

  test('loses nothing, is hardly called while it is dead, and keeps none of the others waiting', async () => {
    const quiet = await delaysWith(well);
    const { all, mean, count } = await delaysWith((at) => (at < HOUR ? { ms: 15_000, takes: false } : { ms: 10_000, takes: true }));
    expect(count).toBe(3 * 720);
    expect(mean).toBeLessThanOrEqual(quiet.mean * 1.05);
    expect((all.calls.get('fourth') ?? []).filter((at) => at < HOUR).length).toBeLessThanOrEqual(20);
    expect(all.counts().get('fourth')).toEqual({ waiting: 0, delivered: 720, dead: 0 });
    expect(new Set(all.got.get('fourth')?.map(({ id }) => id)).size).toBe(720);
  });
});

describe('a receiver that is blocked for an hour at full rate', () => {
  test.each<[string, Pace]>([
    ['many alerts in one call', { batch: 500, inFlight: 1 }],
    ['one alert in each of four calls', { batch: 1, inFlight: 4 }],
    ['a rate', { batch: 1, inFlight: 1, perSecond: 5 }],
  ])('%s: what waits lies in the store, and drains in order, every step of it', async (_name, pace) => {
    const all = world([{ name: 'soc', pace, answer: (at) => ({ ms: 20, takes: at >= HOUR }) }]);
    await all.run(2000, HOUR, 4 * HOUR, ['opened', 'closed']);
    expect(all.counts().get('soc')).toEqual({ waiting: 0, delivered: 3600, dead: 0 });
    const got = all.got.get('soc') ?? [];
    expect(got).toHaveLength(3600);
    const places = new Map(got.map(({ id }, place) => [id, place]));
    const wrong = Array.from({ length: 1800 }, (_, n) => n).filter((n) => (places.get(`a${n}`) ?? 1) > (places.get(`a${n}-end`) ?? 0));
    expect(wrong).toEqual([]);
    // In memory there is never more than one turn's worth, however long the queue.
    expect(all.mostHeld()).toBeLessThanOrEqual(500);
  });
});
