import type { Census } from '../src/correlate/census.ts';
import { kindOf } from '../src/correlate/conditions/index.ts';
import { createCorrelator } from '../src/correlate/correlator.ts';
import type { Hit } from '../src/correlate/firing.ts';
import type { Kind } from '../src/correlate/kind.ts';
import type { Condition } from '../src/rule/ir/rule.ts';
import { loadRules } from '../src/rule/load.ts';
import type { Case } from './sigma.ts';

/** One anomaly rule as a user writes it, with what its type needs. */
export const TYPES = {
  spike: 'type: spike, timespan: 1h, history: 24, min_current: 20',
  seasonal: 'type: seasonal, season: hour_of_day, direction: up, timespan: 1h',
  bytes: 'type: seasonal, season: hour_of_day, direction: up, timespan: 1h, metric: sum, field: bytes',
  change: 'type: change, timespan: 1h',
  'new-value': 'type: new_value, field: value',
  rare: 'type: rare, field: value',
  'time-of-day': 'type: time_of_day',
  travel: 'type: impossible_travel, location: at, address: value',
  beacon: 'type: beacon, host: group, destination: address',
  'peer-group': 'type: peer_group, field: value, peers: peers',
} as const;
export type AnomalyCase = keyof typeof TYPES;
export const ANOMALY_CASES = Object.keys(TYPES) as readonly AnomalyCase[];

export const SECOND = 1_000_000_000n;

export function anomalyRule(type: string): { readonly condition: Condition; readonly timespan: bigint } {
  const member = 'title: a\nid: a\nlogsource: {product: x}\ndetection: {s: {a: 1}, condition: s}\n';
  const { ruleset, problems } = loadRules([
    { path: 'a.yml', text: `${member}---\ntitle: j\nid: j\nanomaly: {${type}, rules: [a], group-by: [group]}\n` },
  ]);
  const [rule] = ruleset.correlations;
  if (rule === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return rule;
}

/** Matches of one group: one per `every` seconds, as a rule of any type reads them. */
export function hitsOf(group: number, count: number, every: number): Hit[] {
  return Array.from({ length: count }, (_, i): Hit => {
    const time = BigInt(group + i * every) * SECOND;
    const values = {
      group: `g${group}`,
      value: `v${i % 7}`,
      bytes: 100 + (i % 13),
      'at.lat': 52,
      'at.lon': 13,
      address: '10.1.1.1',
      peers: 'p',
    };
    const origin = { source: 's', partition: 0, offset: BigInt(i), index: 0 };
    return { time, origin, rule: 'a', appendedAt: 0, values, entities: {}, bytes: 0 };
  });
}

export const census: Census = {
  note: () => 'told apart',
  sureness: () => 'exact',
  members: () => 20,
  forget: () => undefined,
  snapshot: () => ({ panes: new Map() }),
};

/** One run through the matches takes less than ten milliseconds; compiling of code in other threads would be much of it. */
const REPEATS = 5;

/** A kind over groups of 300 matches each, one per `every` seconds; the watermark follows every 10 matches, and those it passed are gone, as in the engine. Counts what was told. */
export function anomalyCase(name: AnomalyCase, every = 60, count = 200): Case {
  const { condition, timespan } = anomalyRule(TYPES[name]);
  const kind: Kind = kindOf(condition, { members: ['a'], timespan });
  const groups = Array.from({ length: count }, (_, group) => {
    const hits = hitsOf(group, 300, every);
    return Array.from({ length: 30 }, (_, step) => hits.slice(10 * step, 10 * step + 10));
  });
  const round = (): number => {
    let told = 0;
    for (const steps of groups) {
      const own = kind.initial();
      for (const hits of steps) {
        const watermark = (hits[9] as Hit).time + 1n;
        for (const _trigger of kind.passed(hits, own, { watermark, silent: () => false, census })) told++;
      }
    }
    return told;
  };
  const run = (): number => Array.from({ length: REPEATS }, round).reduce((sum, told) => sum + told, 0);
  const panes = every === 60 ? '' : `, one every ${every} s`;
  return { name: `${name}, the kind alone${panes}`, events: REPEATS * count * 300, run };
}

/** The same matches through the whole correlator: groups, order, calendar, episodes. */
export function correlatedCase(name: AnomalyCase): Case {
  const rule = anomalyRule(TYPES[name]);
  const groups = Array.from({ length: 200 }, (_, group) => hitsOf(group, 300, 60));
  const matches = groups
    .flat()
    .sort((a, b) => (a.time < b.time ? -1 : 1))
    .map(({ time, origin, values }) => ({ rule: 'a', origin, time, appendedAt: 0, lateness: 'in_time' as const, fields: values, ecs: {} }));
  const run = (): number => {
    const correlator = createCorrelator({ detections: [], correlations: [rule as never], digest: '' });
    let told = 0;
    matches.forEach((match, i) => {
      told += correlator.apply({ kind: 'match', match }).length;
      if (i % 500 === 499)
        told += correlator.apply({ kind: 'watermark', source: 's', partition: 0, time: match.time, appendedAt: 0, idle: false }).length;
    });
    return told;
  };
  return { name: `${name}, with groups and order`, events: matches.length, run };
}
