import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { canarySettings } from '../../src/evidence/canary-settings.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { type CanaryStep, createCanaries } from '../../src/pipeline/canaries.ts';
import { CANARY_HEADER, canaryMark } from '../../src/pipeline/canary-mark.ts';
import { partsOf } from '../../src/pipeline/parts.ts';
import { loadRules } from '../../src/rule/load.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import type { AlertDocument } from '../../src/sink/sink.ts';

const FAILED = 'title: Failed\nid: failed\nname: failed\nlogsource: {category: test}\ndetection: {s: {outcome: failure}, condition: s}\n';
const BRUTE = `title: Brute
id: brute
correlation: {type: event_count, rules: [failed], group-by: [user.name], timespan: 1m, condition: {gte: 5}}
`;
const NOW = Date.UTC(2026, 9, 1, 12);
const KEY = Buffer.alloc(32, 1);

function scene(texts: readonly string[], canaries: readonly object[]) {
  const { ruleset } = loadRules(texts.map((text, i) => ({ path: `r${i}.yml`, text })));
  const settings = settingsSchema.parse({ sources: [{ kind: 'stdin', name: 'auth', logsource: { category: 'test' } }] });
  const steps: CanaryStep[] = [];
  const delivered: [AlertDocument, string][] = [];
  const clock = { now: NOW };
  const topic: RawRecord[] = [];
  const broker = { away: false };
  let parts = partsOf(ruleset, settings);
  const made = createCanaries(
    canaries.map((one) => canarySettings.parse({ source: 'auth', ...one })),
    {
      parts: () => parts,
      normalizerOf: () => createNormalizer({ logsource: { category: 'test' } }),
      ruleOf: (name) => ruleset.byId.get(name)?.id,
      allowedLateness: 300_000_000_000n,
      deliver: (alert, receiver) => delivered.push([alert, receiver]),
      observe: (step) => steps.push(step),
      logger: silentLogger,
      topics: {
        key: KEY,
        now: () => clock.now,
        async append(_canary, _slot, records) {
          if (broker.away) throw new Error('away');
          for (const { bytes, mark } of records) topic.push(recordOf(topic.length, bytes, mark));
        },
      },
    },
  );
  const activate = (others: readonly string[]): void => {
    parts = partsOf(loadRules(others.map((text, i) => ({ path: `r${i}.yml`, text }))).ruleset, settings);
  };
  return { made, steps, delivered, activate, topic, broker, clock };
}
const recordOf = (n: number, bytes: Uint8Array, mark: string): RawRecord => ({
  source: 'auth',
  partition: 0,
  offset: BigInt(n),
  appendedAt: NOW,
  bytes,
  headers: new Map([[CANARY_HEADER, mark]]),
});
const line = '{"outcome": "failure", "user": {"name": "{canary}"}, "@timestamp": "{time}"}';
const five = { id: 'c', rule: 'brute', lines: [line], repeat: 5 };

describe('canaries', () => {
  test('are seen when the planted events raise the alert of the rule, once per slot', () => {
    const { made, steps } = scene([FAILED, BRUTE], [five]);
    made.turn(NOW);
    made.turn(NOW + 1000);
    expect(steps.map(({ step, at }) => [step, at])).toEqual([
      ['injected', NOW],
      ['seen', NOW],
    ]);
    made.turn(NOW + 3_600_000);
    expect(steps.map(({ slot }) => Number(slot) - Math.floor(NOW / 3_600_000))).toEqual([0, 0, 1, 1]);
  });

  test('are missed when the rule no longer fires on them', () => {
    const { made, steps, activate } = scene([FAILED, BRUTE], [five]);
    activate([FAILED.replace('failure', 'denied'), BRUTE]);
    made.turn(NOW);
    expect(steps.map(({ step }) => step)).toEqual(['injected']);
  });

  test('are missed when they are one event short: the whole way counts, not only the match', () => {
    const { made, steps } = scene([FAILED, BRUTE], [{ ...five, repeat: 4 }]);
    made.turn(NOW);
    expect(steps.map(({ step }) => step)).toEqual(['injected']);
  });

  test('with a receiver are seen when it took the alert, marked and under an id of its own', () => {
    const { made, steps, delivered } = scene([FAILED, BRUTE], [{ ...five, receiver: 'soc' }]);
    made.turn(NOW);
    const [alert, receiver] = delivered[0] as [AlertDocument, string];
    expect(receiver).toBe('soc');
    expect(alert.document).toMatchObject({
      message: 'Canary: Brute',
      event: { id: alert.id },
      wardline: { alert: { id: alert.id }, canary: { id: 'c' } },
    });
    made.delivered([{ id: alert.id, outcome: 'retry', reason: 'away' }], NOW + 1000);
    made.delivered([{ id: 'another', outcome: 'stored' }], NOW + 1500);
    expect(steps.map(({ step }) => step)).toEqual(['injected']);
    made.delivered([{ id: alert.id, outcome: 'stored' }], NOW + 2000);
    made.delivered([{ id: alert.id, outcome: 'stored' }], NOW + 3000);
    expect(steps.map(({ step, at }) => [step, at])).toEqual([
      ['injected', NOW],
      ['seen', NOW + 2000],
    ]);
  });

  test('a refused one stays missed', () => {
    const { made, steps, delivered } = scene([FAILED, BRUTE], [{ ...five, receiver: 'soc' }]);
    made.turn(NOW);
    const id = delivered[0]?.[0].id ?? '';
    made.delivered([{ id, outcome: 'rejected', reason: 'no' }], NOW);
    made.delivered([{ id, outcome: 'stored' }], NOW);
    expect(steps.map(({ step }) => step)).toEqual(['injected']);
  });

  test('of a rule that is not there are missed, and say so in the ledger', () => {
    const { made, steps } = scene([FAILED], [{ ...five, rule: 'gone' }]);
    made.turn(NOW);
    expect(steps.map(({ step }) => step)).toEqual(['injected']);
  });

  test('a line that cannot be read is a miss, not a crash', () => {
    const { made, steps } = scene([FAILED, BRUTE], [{ ...five, lines: ['{"broken": '] }]);
    made.turn(NOW);
    expect(steps.map(({ step }) => step)).toEqual(['injected']);
  });
});

describe('canaries of a topic', () => {
  const planted = { ...five, inject: 'topic' };
  const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
  const kinds = (steps: readonly CanaryStep[]): string[] => steps.map(({ step }) => step);

  test('are seen when all records came back, in any order, and no other stage sees their bytes', async () => {
    const { made, steps, topic } = scene([FAILED, BRUTE], [planted]);
    made.turn(NOW);
    await settled();
    expect(kinds(steps)).toEqual(['injected']);
    const backwards = [...topic].reverse();
    const left = [...made.take(backwards.slice(0, 4))];
    expect(kinds(steps)).toEqual(['injected']);
    left.push(...made.take(backwards.slice(4)));
    expect(kinds(steps)).toEqual(['injected', 'seen']);
    expect(left.map(({ bytes, offset }) => [bytes, offset])).toEqual(backwards.map(({ offset }) => [null, offset]));
  });

  test('that are read before the broker has answered count after it has', async () => {
    const { made, steps, topic } = scene([FAILED, BRUTE], [planted]);
    made.turn(NOW);
    made.take(topic);
    expect(kinds(steps)).toEqual([]);
    await settled();
    expect(kinds(steps)).toEqual(['injected', 'seen']);
  });

  test('one record short until long after, they are missed', async () => {
    const { made, steps, topic, clock } = scene([FAILED, BRUTE], [planted]);
    made.turn(NOW);
    await settled();
    made.take(topic.slice(0, 4));
    clock.now += 3_600_000;
    made.turn(clock.now);
    await settled();
    made.take(topic.slice(4, 5));
    expect(kinds(steps)).toEqual(['injected', 'injected']);
    made.take(topic.slice(5));
    expect(kinds(steps)).toEqual(['injected', 'injected', 'seen']);
    // Read again after a restart: still no live records, and nothing is seen twice.
    expect(made.take(topic).every(({ bytes }) => bytes === null)).toBe(true);
    expect(kinds(steps)).toEqual(['injected', 'injected', 'seen']);
  });

  test('that come back after the next ones were planted are seen, late', async () => {
    const { made, steps, topic, clock } = scene([FAILED, BRUTE], [{ ...planted, every: '5s' }]);
    made.turn(NOW);
    clock.now += 5000;
    made.turn(clock.now);
    await settled();
    made.take(topic);
    expect(steps.map(({ step, slot }) => [step, Number(slot) - NOW / 5000])).toEqual([
      ['injected', 0],
      ['injected', 1],
      ['seen', 0],
      ['seen', 1],
    ]);
  });

  test('the broker does not take them: nothing is injected', async () => {
    const { made, steps, broker } = scene([FAILED, BRUTE], [planted]);
    broker.away = true;
    made.turn(NOW);
    await settled();
    expect(steps).toEqual([]);
  });

  test('nobody else can hide a record: a mark of another key, place or record is none', () => {
    const { made } = scene([FAILED, BRUTE], [planted]);
    const bytes = Buffer.from('{"outcome": "failure"}');
    const mark = { id: 'c', slot: 1, index: 0, count: 5 };
    const good = canaryMark(KEY, mark, bytes);
    const live = (text: string, of: Uint8Array = bytes): boolean => made.take([recordOf(0, of, text)])[0]?.bytes !== null;
    expect(live(good)).toBe(false);
    expect(live(canaryMark(Buffer.alloc(32, 2), mark, bytes))).toBe(true);
    expect(live(good, Buffer.from('{"outcome": "success"}'))).toBe(true);
    expect(live(good.replace('c/1/', 'c/2/'))).toBe(true);
    expect(live('c/1/0/5')).toBe(true);
    expect(live('')).toBe(true);
  });
});
