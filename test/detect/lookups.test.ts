import { describe, expect, test } from 'vitest';
import { createAsker } from '../../src/detect/lookups/asker.ts';
import { createLookups, type Lookup } from '../../src/detect/lookups/cache.ts';
import type { LookupFact } from '../../src/rule/ir/rule.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aRecord, eventsOf } from '../support/an-event.ts';

/** A clock that stands until it is moved; sleepers wake when their time has come. */
function handClock() {
  let now = 1_000_000;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        sleepers.push({ at: now + ms, wake });
        signal?.addEventListener('abort', () => wake(), { once: true });
      }),
  };
  return {
    clock,
    pass(ms: number) {
      now += ms;
      for (const { at, wake } of sleepers) if (at <= now) wake();
    },
  };
}

const facts = (more: object = {}) => ({
  kind: 'Facts',
  facts: { risk: { lookup: { of: ['user'], timeout: '500ms', cache: '1m', ...more } } },
});
const rule = (conditions: object, more: object = {}) => ({ id: 'r', title: 'r', conditions, event: { type: 'x' }, ...more });
const RISKY = {
  all: [
    { fact: 'action', operator: 'equal', value: 'login' },
    { fact: 'risk', path: '$.score', operator: 'greaterThan', value: 50 },
  ],
};

async function ask(documents: readonly object[], lookup: Lookup | undefined, events: readonly object[], hand = handClock()) {
  const ruleset = rulesetOf(...documents);
  const lookups = createLookups(new Map(lookup === undefined ? [] : [['risk', lookup]]), hand.clock);
  const asker = createAsker(ruleset.detections, lookups);
  const records = events.map((event, n) => aRecord(JSON.stringify(event), BigInt(n)));
  await asker.prepare(records, (record) =>
    eventsOf(Buffer.from(record.bytes ?? []).toString(), { format: 'json' }).map((event) => ({
      ...event,
      origin: { ...event.origin, offset: record.offset },
    })),
  );
  const [detection] = ruleset.detections;
  if (detection === undefined) throw new Error('no rule');
  const answers = records.map(({ offset }) => asker.take(detection, { source: 'test', partition: 0, offset, index: 0 }));
  return { answers, lookups };
}

describe('rules with facts from outside', () => {
  test('ask only for events that the other conditions select, once per key, and hold by the answer', async () => {
    const asked: unknown[] = [];
    const lookup: Lookup = async (params) => {
      asked.push(params);
      return { score: params['user'] === 'eve' ? 90 : 10 };
    };
    const events = [
      { action: 'login', user: 'eve' },
      { action: 'read', user: 'mallory' },
      { action: 'login', user: 'bob' },
      { action: 'login', user: 'eve' },
    ];
    const { answers, lookups } = await ask([facts(), rule(RISKY)], lookup, events);
    expect(answers.map(({ holds }) => holds)).toEqual([true, false, false, true]);
    expect(answers[0]?.facts).toEqual({ risk: { score: 90 } });
    expect(asked).toEqual([{ user: 'eve' }, { user: 'bob' }]);
    expect(lookups.stats).toMatchObject({ asked: 2, failed: 0 });
  });

  test('an event without the key is not asked about', async () => {
    const { answers, lookups } = await ask([facts(), rule(RISKY)], async () => ({ score: 90 }), [{ action: 'login' }]);
    expect(answers[0]).toEqual({ holds: false, facts: {}, failed: [] });
    expect(lookups.stats.asked).toBe(0);
  });

  test.each([
    ['no-match', { all: [{ fact: 'risk', path: '$.score', operator: 'notEqual', value: 1 }] }, false],
    ['match', RISKY, true],
    [{ value: { score: 60 } }, RISKY, true],
    [{ value: { score: 40 } }, RISKY, false],
    ['missing', { all: [{ fact: 'risk', path: '$.score', operator: 'notEqual', value: 1 }] }, true],
  ])('a failed look-up with on_failure %j', async (policy, conditions, holds) => {
    const { answers } = await ask([facts({ on_failure: policy }), rule(conditions)], () => Promise.reject(new Error('down')), [
      { action: 'login', user: 'eve' },
    ]);
    expect(answers[0]).toMatchObject({ holds, failed: ['risk'] });
  });

  test('a fact without a provider has failed', async () => {
    const { answers } = await ask([facts({ on_failure: 'match' }), rule(RISKY)], undefined, [{ action: 'login', user: 'eve' }]);
    expect(answers[0]).toMatchObject({ holds: true, failed: ['risk'] });
  });
});

describe('look-ups', () => {
  const fact: LookupFact = { name: 'risk', of: ['user'], timeoutMs: 500, cacheMs: 60_000, onFailure: 'no-match' };

  test('an answer that takes too long is a failure, and its call is cut off', async () => {
    const hand = handClock();
    let cut = false;
    const lookups = createLookups(
      new Map([['risk', (_params, signal) => new Promise(() => signal.addEventListener('abort', () => (cut = true)))]]),
      hand.clock,
    );
    const asked = lookups.ask(fact, { user: 'eve' });
    hand.pass(500);
    expect(await asked).toEqual({ failed: 'timeout', detail: 'no answer within 500 ms' });
    expect(cut).toBe(true);
  });

  test('an answer is believed for its time, failures are not kept', async () => {
    const hand = handClock();
    let calls = 0;
    const lookups = createLookups(new Map([['risk', async () => (++calls === 1 ? Promise.reject(new Error('down')) : calls)]]), hand.clock);
    const ask = () => lookups.ask(fact, { user: 'eve' });
    expect(await ask()).toEqual({ failed: 'error', detail: 'down' });
    expect(await ask()).toEqual({ value: 2 });
    hand.pass(59_999);
    expect(await ask()).toEqual({ value: 2 });
    hand.pass(1);
    expect(await ask()).toEqual({ value: 3 });
    expect(lookups.stats).toEqual({ asked: 3, cached: 1, failed: 1 });
  });

  test('equal questions under way are one call, and at most 32 run at a time', async () => {
    const hand = handClock();
    let [running, most, calls] = [0, 0, 0];
    const waiting: (() => void)[] = [];
    const lookup: Lookup = async () => {
      calls++;
      most = Math.max(most, ++running);
      await new Promise<void>((go) => waiting.push(go));
      running--;
      return 1;
    };
    const lookups = createLookups(new Map([['risk', lookup]]), hand.clock);
    const all = Array.from({ length: 100 }, (_, n) => lookups.ask(fact, { user: `u${n % 50}` }));
    for (let i = 0; i < 200; i++) {
      waiting.shift()?.();
      await Promise.resolve();
    }
    while (waiting.length > 0 || running > 0) {
      waiting.shift()?.();
      await Promise.resolve();
    }
    expect(await Promise.all(all)).toHaveLength(100);
    expect(calls).toBe(50);
    expect(most).toBe(32);
  });

  test('a provider that fails twenty times in a row rests for ten seconds', async () => {
    const hand = handClock();
    let calls = 0;
    const lookups = createLookups(new Map([['risk', () => Promise.reject(new Error(`${++calls}`))]]), hand.clock);
    for (let n = 0; n < 25; n++) await lookups.ask(fact, { user: `u${n}` });
    expect(calls).toBe(20);
    hand.pass(10_000);
    expect(await lookups.ask(fact, { user: 'again' })).toEqual({ failed: 'error', detail: '21' });
  });
});

test.each([
  [[facts({ of: [] }), rule(RISKY)], 'of names the fields'],
  [[facts({ timeout: 'soon' }), rule(RISKY)], 'timeout is a duration'],
  [[facts({ on_failure: 'maybe' }), rule(RISKY)], 'on_failure is no-match, match, missing'],
  [[facts({ ttl: '1m' }), rule(RISKY)], 'unknown key "ttl"'],
  [
    [
      facts(),
      rule({
        all: [
          { fact: 'risk', operator: 'equal', value: 1 },
          { fact: 'count', params: { within: '1m', groupBy: ['user'] }, operator: 'equal', value: 1 },
        ],
      }),
    ],
    'cannot stand in one rule',
  ],
])('what is wrong with a fact from outside is told: %#', (documents, words) => {
  const text = documents.map((document) => JSON.stringify(document)).join('\n---\n');
  expect(
    loadRules([{ path: 'r.yml', text }])
      .problems.map(problemText)
      .join('\n'),
  ).toContain(words);
});
