import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { canarySettings } from '../../src/evidence/canary-settings.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { type CanaryStep, createCanaries } from '../../src/pipeline/canaries.ts';
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

function scene(texts: readonly string[], canaries: readonly object[]) {
  const { ruleset } = loadRules(texts.map((text, i) => ({ path: `r${i}.yml`, text })));
  const settings = settingsSchema.parse({ sources: [{ kind: 'stdin', name: 'auth', logsource: { category: 'test' } }] });
  const steps: CanaryStep[] = [];
  const delivered: [AlertDocument, string][] = [];
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
    },
  );
  const activate = (others: readonly string[]): void => {
    parts = partsOf(loadRules(others.map((text, i) => ({ path: `r${i}.yml`, text }))).ruleset, settings);
  };
  return { made, steps, delivered, activate };
}
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
