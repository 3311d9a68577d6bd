import { createCorrelator, DEFAULT_CORRELATE_OPTIONS } from '../src/correlate/correlator.ts';
import type { Match } from '../src/detect/match.ts';
import { loadRules } from '../src/rule/load.ts';

/**
 * State of windows with many keys: `node --expose-gc bench/windows.ts [keys]` (default 200,000). Each key has one or two
 * matches of an `event_count`; then time passes and all of them expire. Prints nanoseconds per match beside JSON.parse of
 * the same events, bytes per key, nanoseconds per expired key, and the same for `value_count` of 16 values on a tenth of
 * the keys.
 */
const keys = Number(process.argv[2] ?? 200_000);
const SECOND = 1_000_000_000n;
const START = 1_800_000_000n * SECOND;

const member = { title: 'a', name: 'a', logsource: { category: 'bench' }, detection: { sel: { act: 'x' }, condition: 'sel' } };
const ruleOf = (correlation: object) =>
  loadRules([
    { path: 'bench.yml', text: [member, { title: 'c', name: 'c', correlation }].map((rule) => JSON.stringify(rule)).join('\n---\n') },
  ]).ruleset;
const options = { ...DEFAULT_CORRELATE_OPTIONS, maxGroups: 10_000_000, maxBytes: 1e12 };

function matchOf(n: number, user: string, value: string): Match {
  return {
    rule: 'a',
    origin: { source: 's', partition: 0, offset: BigInt(n), index: 0 },
    time: START + BigInt(n) * 1_000_000n,
    appendedAt: 1_800_000_000_000,
    lateness: 'in_time',
    fields: { user, host: value },
    ecs: { user: { name: user } },
  };
}

const collect = (): void => (globalThis as { gc?: () => void }).gc?.();
const nanos = (work: () => void, count: number): number => {
  const { user, system } = process.cpuUsage();
  work();
  const after = process.cpuUsage();
  return ((after.user + after.system - user - system) * 1000) / count;
};

function measure(
  name: string,
  correlation: object,
  matches: number,
  keyOf: (n: number) => string,
  textOf: (n: number) => string,
  distinct: number,
): void {
  const correlator = createCorrelator(ruleOf(correlation), options);
  const texts = Array.from({ length: 20_000 }, (_, n) =>
    JSON.stringify({ '@timestamp': '2027-01-15T08:00:00.000Z', act: 'x', user: keyOf(n), host: textOf(n) }),
  );
  const parse = nanos(() => {
    for (let n = 0; n < 200_000; n++) JSON.parse(texts[n % texts.length] as string);
  }, 200_000);
  const making = nanos(() => {
    for (let n = 0; n < matches; n++) matchOf(n, keyOf(n), textOf(n));
  }, matches);
  collect();
  const before = process.memoryUsage().rss;
  const update =
    nanos(() => {
      for (let n = 0; n < matches; n++) correlator.apply({ kind: 'match', match: matchOf(n, keyOf(n), textOf(n)) });
    }, matches) - making;
  collect();
  const bytes = (process.memoryUsage().rss - before) / distinct;
  const { groups } = correlator.stats();
  if (groups !== distinct) throw new Error(`${groups} groups of ${distinct}`);
  const expiry = nanos(() => {
    correlator.apply({ kind: 'watermark', source: 's', partition: 0, time: START * 2n, idle: false });
  }, distinct);
  if (correlator.stats().groups > 0) throw new Error('not everything expired');
  const b = update / parse;
  console.log(
    `${name}: ${update.toFixed(0)} ns per match (${b.toFixed(2)} x JSON.parse), ${bytes.toFixed(0)} bytes per key, ${expiry.toFixed(0)} ns per expired key; ${distinct} keys`,
  );
}

const count = { type: 'event_count', rules: ['a'], 'group-by': ['user'], timespan: '1h', condition: { gte: 1000 } };
const values = { type: 'value_count', rules: ['a'], 'group-by': ['user'], timespan: '1h', condition: { field: 'host', gte: 100 } };
measure(
  'event_count, 1 or 2 matches per key',
  count,
  Math.floor(keys * 1.5),
  (n) => `user-${n % keys}`,
  () => 'h',
  keys,
);
measure(
  'value_count, 16 values per key',
  values,
  Math.floor(keys / 10) * 16,
  (n) => `user-${n % Math.floor(keys / 10)}`,
  (n) => `host-${Math.floor(n / Math.floor(keys / 10))}`,
  Math.floor(keys / 10),
);
