import { settingsSchema } from '../../src/config/settings.ts';
import { createRouter } from '../../src/correlate/route.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import type { StageRules } from '../../src/pipeline/distributed/rulesets.ts';
import { partsOf } from '../../src/pipeline/parts.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import { rulesetOf } from '../support/a-rule.ts';

const member = (name: string, act: string) => ({
  title: name,
  name,
  logsource: { category: 'test' },
  detection: { sel: { act }, condition: 'sel' },
});
const over = (name: string, correlation: object, wardline?: object) => ({
  title: name,
  name,
  correlation,
  ...(wardline === undefined ? {} : { wardline }),
});

const burst = (gte: number) =>
  over('burst', { type: 'event_count', rules: ['fail'], 'group-by': ['who'], timespan: '10s', condition: { gte } });

/** Rules of every way to decide: at once, trailing, after a window, in sequence, chained, alone. */
const common = [
  member('fail', 'fail'),
  member('ok', 'ok'),
  member('slow', 'slow'),
  { ...member('admin', 'admin'), wardline: { alert: { dedup: { by: ['who'], within: '3s' } } } },
  over('hosts', { type: 'event_count', rules: ['fail'], 'group-by': ['tags'], timespan: '5s', condition: { gte: 2 } }),
  over('quiet', { type: 'temporal', rules: ['fail', 'ok'], 'group-by': ['who'], timespan: '6s', condition: 'fail and not ok' }),
  over('heavy', { type: 'value_avg', rules: ['slow'], 'group-by': ['who'], timespan: '10s', condition: { field: 'bytes', gte: 50 } }),
  over(
    'steps',
    { type: 'temporal_ordered', rules: ['fail', 'ok'], 'group-by': ['who'], timespan: '15s' },
    { sequence: [{ rule: 'fail' }, { not: 'slow' }, { rule: 'ok' }] },
  ),
  // A budget that bites: what it forgets depends on the order in which groups came, so that order is state.
  over('crowded', { type: 'event_count', rules: ['ok'], 'group-by': ['host'], timespan: '20s', condition: { gte: 3 } }, { max_groups: 2 }),
  over('spree', { type: 'event_count', rules: ['burst'], timespan: '40s', condition: { gte: 2 } }),
];
const spread = over('spread', {
  type: 'value_count',
  rules: ['ok'],
  'group-by': ['who'],
  timespan: '12s',
  condition: { field: 'host', gte: 2 },
});
export const ruleset = rulesetOf(
  ...common,
  burst(3),
  over('pair', { type: 'temporal', rules: ['fail', 'ok'], 'group-by': ['who'], timespan: '8s' }),
  spread,
);
/** What becomes active while it runs: one rule edited, one gone, one with another text, one new. */
const later = rulesetOf(
  ...common,
  burst(4),
  { ...spread, level: 'high' },
  over('fresh', { type: 'event_count', rules: ['fail'], 'group-by': ['who'], timespan: '7s', condition: { gte: 2 } }),
);

/** Rules that decide by the watermark: where a gap or a silence was, they say so instead. */
export const SETTLED = new Set(['quiet', 'heavy', 'steps']);

/** Rules whose answer depends on the order of arrival: a budget evicts what came first. */
export const BY_ARRIVAL = new Set(['crowded']);

export const newNormalizer = () => createNormalizer({ format: 'json', logsource: { category: 'test' } });
/** The settings that alerts and rules are made with; where the records are is asked of none. */
const settings = settingsSchema.parse({
  sources: [{ kind: 'kafka', name: 's', brokers: ['nowhere:9092'], topics: ['t'], groupId: 'g', logsource: { category: 'test' } }],
});

export const parts = partsOf(ruleset, settings);

/** A ruleset as the stages need it; its bundle is its name. */
function stageRules(own: Ruleset): StageRules {
  const { ingest, correlator, toAlert, digest } = partsOf(own, settings);
  return {
    ruleset: own,
    digest,
    ingest,
    router: createRouter(own),
    correlate: { correlator, toAlert, tenant: settings.tenant, logicOf: (rule) => own.byId.get(rule)?.logicDigest },
  };
}
export const BEFORE = stageRules(ruleset);
export const AFTER = stageRules(later);
