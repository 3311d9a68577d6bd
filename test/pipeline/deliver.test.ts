import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createDelivery, offerAgain } from '../../src/pipeline/deliver.ts';
import { retryDelayMs } from '../../src/pipeline/retry-schedule.ts';
import { WardlineError } from '../../src/shared/errors.ts';
import type { AlertDocument, Delivery, Pace } from '../../src/sink/sink.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { anAlert } from '../support/an-alert.ts';
import { recordingLogger } from '../support/planted.ts';

const START = Date.UTC(2026, 10, 20);
const HOUR = 3_600_000;
const never = new AbortController().signal;
const stores: Store[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

type Answer = (
  alert: AlertDocument,
  call: number,
  now: number,
) => Delivery['outcome'] | Partial<Extract<Delivery, { outcome: 'retry' }>> | 'throw';

/** A receiver with a clock of its own: it notes every call and how many were under way at once. */
function setUp(answer: Answer, pace: Pace = { batch: 1, inFlight: 1 }, callMs = 0) {
  const store = openStore(':memory:');
  stores.push(store);
  const time = { now: START };
  const calls: { readonly id: string; readonly at: number }[] = [];
  let under = 0;
  let most = 0;
  const { logger, lines } = recordingLogger();
  const outcomes: Delivery[] = [];
  const clock = {
    now: () => time.now,
    async sleep(ms: number) {
      time.now += ms;
    },
  };
  const turn = createDelivery({
    sink: {
      name: 'soc',
      pace,
      async write(alerts) {
        most = Math.max(most, ++under);
        time.now += callMs;
        const given = alerts.map((alert): Delivery => {
          calls.push({ id: alert.id, at: time.now });
          const said = answer(alert, calls.length, time.now);
          if (said === 'throw') throw new WardlineError('sink', 'no template', { retryable: true });
          if (typeof said === 'object') return { id: alert.id, outcome: 'retry', reason: 'status 503', ...said };
          return said === 'stored' || said === 'duplicate' || said === 'skipped'
            ? { id: alert.id, outcome: said }
            : { id: alert.id, outcome: said, reason: `it is ${said}` };
        });
        await Promise.resolve();
        under--;
        return given;
      },
      close: async () => undefined,
    },
    outbox: store.outbox,
    clock,
    logger,
    onOutcome: (_sink, given) => outcomes.push(...given),
    retryDelayMs: (attempt) => retryDelayMs(attempt, 0.999),
  });
  const add = (...alerts: AlertDocument[]) => store.transaction(() => store.alerts.append(alerts, ['soc']));
  const counts = () => store.outbox.counts().get('soc');
  /** Turns, and time between them, until nothing waits, nothing can, or the time is up. */
  const runUntil = async (end: number): Promise<void> => {
    for (;;) {
      const { settled, nextDue } = await turn(never);
      if (settled > 0) continue;
      if (nextDue === undefined || nextDue > end) break;
      time.now = Math.max(time.now + 1, nextDue);
    }
    time.now = Math.max(time.now, end);
  };
  return { store, time, calls, lines, outcomes, turn, add, counts, runUntil, most: () => most };
}
const ids = (calls: readonly { readonly id: string }[]) => calls.map(({ id }) => id);

describe('the schedule of one delivery', () => {
  test('it is tried at once, then later and later for about 75 hours, and is dead after that', async () => {
    // Every failure is told apart by a success of another alert, so that the receiver itself stays trusted.
    const { add, calls, runUntil, counts, store } = setUp(({ id }) => (id === 'bad' ? {} : 'stored'));
    add(anAlert({ id: 'bad' }));
    for (let hour = 0; hour < 90; hour++) {
      await runUntil(START + hour * HOUR);
      add(anAlert({ id: `good${hour}` }));
    }
    await runUntil(START + 91 * HOUR);
    const tries = calls.filter(({ id }) => id === 'bad').map(({ at }) => (at - START) / 1000);
    expect(tries).toHaveLength(11);
    expect(tries.at(-1)).toBeGreaterThan(74 * 3600);
    expect(counts()).toEqual({ waiting: 0, delivered: 90, dead: 1 });
    expect(store.outbox.list('soc', 'dead', 9)).toMatchObject([{ id: 'bad', reason: 'gave up: status 503' }]);
  });

  test('Retry-After is obeyed for the alert and for the receiver', async () => {
    const { add, calls, runUntil } = setUp((_alert, call) => (call === 1 ? { retryAfterMs: 60_000 } : 'stored'));
    add(anAlert({ id: 'a' }), anAlert({ id: 'b' }));
    await runUntil(START + HOUR);
    expect(calls.map(({ id, at }) => [id, at - START])).toEqual([
      ['a', 0],
      ['a', 60_000],
      ['b', 60_000],
    ]);
  });

  test('what is refused for good is dead at once and stops nothing', async () => {
    const { add, calls, runUntil, counts } = setUp(({ id }) => (id === 'a' ? 'rejected' : 'stored'));
    add(anAlert({ id: 'a' }), anAlert({ id: 'b' }));
    await runUntil(START + HOUR);
    expect(ids(calls)).toEqual(['a', 'b']);
    expect(counts()).toEqual({ waiting: 0, delivered: 1, dead: 1 });
  });
});

describe('lanes', () => {
  test('a step of an alert waits for the step before it, other alerts do not', async () => {
    let up = false;
    const { add, calls, runUntil, counts } = setUp(({ id }) => (id === 'a1' && !up ? {} : 'stored'));
    add(
      anAlert({ id: 'a1' }),
      anAlert({ id: 'a2', alert: 'a1', stage: 'continued' }),
      anAlert({ id: 'b1' }),
      anAlert({ id: 'a3', alert: 'a1', stage: 'closed' }),
    );
    await runUntil(START + 1000);
    expect(ids(calls)).toEqual(['a1', 'b1', 'a1']);
    up = true;
    await runUntil(START + HOUR);
    expect(ids(calls).slice(3)).toEqual(['a1', 'a2', 'a3']);
    expect(counts()?.waiting).toBe(0);
  });

  test('whatever fails and when, the steps of an alert arrive in order and all of them arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.constantFrom<'stored' | 'later' | 'throw'>('stored', 'stored', 'later', 'throw'), { maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(1, 3),
        async (lanes, answers, inFlight, batch) => {
          const arrived: string[] = [];
          const { add, runUntil, counts } = setUp(
            ({ id }, call) => {
              const said = answers[call - 1] ?? 'stored';
              if (said === 'stored') arrived.push(id);
              return said === 'later' ? {} : said;
            },
            { batch: inFlight === 1 ? batch : 1, inFlight },
          );
          const steps = new Map<number, number>();
          add(
            ...lanes.map((lane) => {
              const step = (steps.get(lane) ?? 0) + 1;
              steps.set(lane, step);
              return anAlert({ id: `${lane}.${step}`, alert: `${lane}`, stage: 'continued' });
            }),
          );
          await runUntil(START + 80 * HOUR);
          expect(counts()).toEqual({ waiting: 0, delivered: lanes.length, dead: 0 });
          if (batch > 1 && inFlight === 1) return;
          for (const [lane, count] of steps) {
            const order = arrived.filter((id) => id.startsWith(`${lane}.`));
            expect(order).toEqual(Array.from({ length: count }, (_, i) => `${lane}.${i + 1}`));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('calls are made side by side, but no more than the receiver takes', async () => {
    const { add, runUntil, most, counts } = setUp(() => 'stored', { batch: 1, inFlight: 4 });
    add(...Array.from({ length: 30 }, (_, i) => anAlert({ id: `a${i}` })));
    await runUntil(START + 1);
    expect(most()).toBe(4);
    expect(counts()?.delivered).toBe(30);
  });

  test('a rate is kept', async () => {
    const { add, calls, runUntil } = setUp(() => 'stored', { batch: 1, inFlight: 1, perSecond: 2 });
    add(...['a', 'b', 'c', 'd'].map((id) => anAlert({ id })));
    await runUntil(START + 1);
    expect(calls.map(({ at }) => at - START)).toEqual([0, 500, 1000, 1500]);
  });
});

describe('the breaker', () => {
  test('a receiver that is away for an hour gets at most 20 calls, and afterwards everything, in order', async () => {
    const back = START + HOUR;
    const { add, calls, runUntil, counts, time } = setUp((_alert, _call, now) => (now < back ? {} : 'stored'), { batch: 1, inFlight: 4 });
    add(...Array.from({ length: 200 }, (_, i) => anAlert({ id: `a${i}` })));
    await runUntil(back - 1);
    expect(calls.length).toBeLessThanOrEqual(20);
    expect(calls.length).toBeGreaterThan(10);
    await runUntil(back + 6 * 60_000);
    expect(counts()).toEqual({ waiting: 0, delivered: 200, dead: 0 });
    expect(time.now).toBeLessThanOrEqual(back + 6 * 60_000);
  });

  test('it opens after five failures in a row, trial calls come after 30 s, 1, 2, 4 and 5 minutes, and its state can be seen', async () => {
    const { add, calls, runUntil, store, lines } = setUp(() => ({}));
    add(...Array.from({ length: 9 }, (_, i) => anAlert({ id: `a${i}` })));
    await runUntil(START + 20 * 60_000);
    expect(calls.map(({ at }) => (at - START) / 1000)).toEqual([0, 0, 0, 0, 0, 30, 90, 210, 450, 750, 1050]);
    expect(ids(calls.slice(5))).toEqual(Array.from({ length: 6 }, () => 'a0'));
    expect(store.outbox.receiver('soc')).toMatchObject({ state: 'open', reason: 'status 503', failures: 11 });
    expect(lines).toHaveLength(1);
  });

  test('calls that were under way when it opened make its first pause no longer', async () => {
    const { add, calls, runUntil, store } = setUp(() => ({ concerns: 'receiver' }), { batch: 1, inFlight: 4 });
    add(...['a', 'b', 'c', 'd'].map((id) => anAlert({ id })));
    await runUntil(START);
    expect(calls).toHaveLength(4);
    expect(store.outbox.receiver('soc')).toMatchObject({ state: 'open', failures: 1, until: START + 30_000 });
  });

  test('a receiver that refuses access is left alone at once', async () => {
    const { add, calls, runUntil, store } = setUp(() => ({ concerns: 'receiver', reason: 'status 401' }));
    add(anAlert({ id: 'a' }), anAlert({ id: 'b' }));
    await runUntil(START + 1000);
    expect(ids(calls)).toEqual(['a']);
    expect(store.outbox.receiver('soc')).toMatchObject({ state: 'open', reason: 'status 401' });
  });

  test('a sink that cannot be used at all is left alone, and nothing is skipped', async () => {
    const { add, runUntil, counts, time } = setUp((_alert, call) => (call <= 3 ? 'throw' : 'stored'), { batch: 500, inFlight: 1 });
    add(anAlert({ id: 'a' }), anAlert({ id: 'b' }));
    await runUntil(START + 60_000);
    expect(counts()).toEqual({ waiting: 2, delivered: 0, dead: 0 });
    await runUntil(time.now + HOUR);
    expect(counts()).toEqual({ waiting: 0, delivered: 2, dead: 0 });
  });

  test('a receiver that wants nothing more is disabled; what it did not take is kept and sent when it is enabled', async () => {
    let gone = true;
    const { add, calls, runUntil, counts, store } = setUp(() => (gone ? 'gone' : 'stored'));
    add(anAlert({ id: 'a' }), anAlert({ id: 'b' }));
    await runUntil(START + 100 * HOUR);
    expect(ids(calls)).toEqual(['a']);
    expect(store.outbox.receiver('soc').state).toBe('disabled');
    expect(counts()).toEqual({ waiting: 2, delivered: 0, dead: 0 });
    gone = false;
    store.outbox.setReceiver('soc', { ...store.outbox.receiver('soc'), state: 'closed' });
    await runUntil(START + 101 * HOUR);
    expect(ids(calls)).toEqual(['a', 'a', 'b']);
  });

  test('its state outlives the process: a restart does not begin to hammer', async () => {
    const first = setUp(() => ({}));
    first.add(...Array.from({ length: 9 }, (_, i) => anAlert({ id: `a${i}` })));
    await first.runUntil(START + 1);
    let calls = 0;
    const again = createDelivery({
      sink: {
        name: 'soc',
        async write() {
          calls++;
          return [];
        },
        close: async () => undefined,
      },
      outbox: first.store.outbox,
      clock: { now: () => START + 2, sleep: async () => undefined },
      logger: recordingLogger().logger,
      onOutcome: () => undefined,
      retryDelayMs: () => 0,
    });
    expect(await again(never)).toEqual({ settled: 0, nextDue: START + 30_000 });
    expect(calls).toBe(0);
  });
});

test('what is written to the disk grows with the turns and not with the calls of a receiver that is well', async () => {
  const { add, runUntil, store, counts } = setUp(() => 'stored', { batch: 1, inFlight: 4 });
  add(...Array.from({ length: 200 }, (_, i) => anAlert({ id: `a${i}` })));
  let writes = 0;
  const { setReceiver, delivered } = store.outbox;
  Object.assign(store.outbox, {
    setReceiver: (...given: Parameters<typeof setReceiver>) => {
      writes++;
      setReceiver(...given);
    },
    delivered: (...given: Parameters<typeof delivered>) => {
      writes++;
      delivered(...given);
    },
  });
  await runUntil(START + 1);
  expect(counts()?.delivered).toBe(200);
  expect(writes).toBeLessThanOrEqual(12);
});

describe('replay', () => {
  test('dead deliveries, ids and times are sent again under their own ids, also to a receiver that never had them', async () => {
    let well = false;
    const { add, calls, runUntil, counts, store } = setUp(({ id }) => (id === 'b' && !well ? 'rejected' : 'stored'));
    add(anAlert({ id: 'a' }), anAlert({ id: 'b' }));
    store.transaction(() => store.alerts.append([anAlert({ id: 'old', more: { '@timestamp': '2020-01-01T00:00:00.000Z' } })], []));
    await runUntil(START + 1);
    well = true;
    expect(store.outbox.replay({ receiver: 'soc', onlyDead: true })).toBe(1);
    await runUntil(START + 2);
    expect(counts()).toEqual({ waiting: 0, delivered: 2, dead: 0 });
    expect(store.outbox.replay({ receiver: 'soc', ids: ['a'] })).toBe(1);
    expect(store.outbox.replay({ receiver: 'soc', from: '2020-01-01', to: '2020-01-02' })).toBe(1);
    expect(store.outbox.replay({ receiver: 'soc', from: '2020-01-01', to: '2020-01-02', onlyDead: true })).toBe(0);
    await runUntil(START + 3);
    expect(ids(calls)).toEqual(['a', 'b', 'b', 'a', 'old']);
  });
});

describe('a stop', () => {
  test('in the middle of a call counts nothing against the receiver', async () => {
    const { add, store } = setUp(() => 'stored');
    add(anAlert({ id: 'a' }));
    const stop = new AbortController();
    const turn = createDelivery({
      sink: {
        name: 'soc',
        async write() {
          stop.abort();
          throw new WardlineError('sink', 'stopped', { retryable: true });
        },
        close: async () => undefined,
      },
      outbox: store.outbox,
      clock: { now: () => START, sleep: async () => undefined },
      logger: recordingLogger().logger,
      onOutcome: () => undefined,
      retryDelayMs: () => 0,
    });
    expect(await turn(stop.signal)).toEqual({ settled: 0, nextDue: undefined });
    expect(store.outbox.receiver('soc').failures).toBe(0);
    expect(store.outbox.due('soc', START, 9)).toHaveLength(1);
  });
});

describe('at a start', () => {
  test.each([1, 8])('what waits is offered again at once: %i alerts that the receiver did not take', async (alerts) => {
    const { turn, store, add, calls, time } = setUp(() => ({}));
    add(...Array.from({ length: alerts }, (_, n) => anAlert({ id: `a${n}` })));
    const quiet = async (): Promise<number> => {
      let before = -1;
      while (before !== calls.length) {
        before = calls.length;
        await turn(never);
      }
      return before;
    };
    const tried = await quiet();
    offerAgain(store.outbox, 'soc', time.now);
    expect(await quiet()).toBeGreaterThan(tried);
  });
});
