import { expect, test } from 'vitest';
import { deliveriesOf } from '../../src/cases/records.ts';
import { createTrial } from '../../src/cases/trial.ts';
import { createMeters } from '../../src/pipeline/meters.ts';
import { createQuietRules } from '../../src/pipeline/quiet-rules.ts';
import { loadRules } from '../../src/rule/load.ts';
import { telemetrySettings } from '../../src/telemetry/settings.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';

const rule = (id: string, wardline: string): string =>
  `title: ${id}\nid: ${id}\nlogsource: {category: test}\ndetection: {s: {event.action: seen}, condition: s}\nwardline: {${wardline}}\n`;

test('what shadow and canary rules would have alerted is counted, in the summary and as a metric, in every form', async () => {
  const text = [
    rule('old', 'alert: {dedup: each}'),
    rule('dark', 'mode: shadow, alert: {dedup: each}'),
    rule('new', 'mode: canary, of: old, alert: {dedup: each}'),
  ].join('---\n');
  const { ruleset } = loadRules([{ path: 'r.yml', text }]);
  const base = { logsource: { category: 'test' }, ecs: { 'event.action': 'seen' } };
  const { firings } = createTrial(ruleset, base).run(
    deliveriesOf({ name: 'x', events: [{ at: '0s' }, { at: '1h' }], expect: [] }, base, () => []),
  );
  const telemetry = createTelemetry(telemetrySettings.parse({}), 'silent', true);
  const quiet = createQuietRules(undefined, createMeters(telemetry.metrics).quiet);
  quiet.use(ruleset.byId);
  const heard = firings.filter((firing) => !quiet.observe(firing)).filter(({ stage }) => stage === 'opened');
  expect(heard.map(({ rule: id }) => id)).toEqual(['old', 'old']);
  expect(quiet.counts()).toEqual([
    { rule: 'dark', mode: 'shadow', alerts: 2 },
    { rule: 'new', mode: 'canary', alerts: 2, canary: { of: 'old', both: 2, onlyNew: 0, onlyOld: 0 } },
  ]);
  const exposed = await telemetry.exposition();
  expect(exposed).toContain('wardline_rule_quiet_alerts_total{rule="dark",mode="shadow"} 2');
  expect(exposed).toContain('wardline_rule_quiet_alerts_total{rule="new",mode="canary"} 2');
  await telemetry.shutdown();
});
