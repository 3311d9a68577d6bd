import { ANOMALY_BOUNDS, CHANGE_THRESHOLD } from '../ir/anomaly-bounds.ts';
import type { Condition } from '../ir/rule.ts';
import {
  amount,
  duration,
  fieldName,
  fieldNames,
  interval,
  oneOf,
  optional,
  type Parameter,
  share,
  type Values,
  whole,
  zone,
} from './parameters.ts';

/** One type of anomaly: its parameters, as the file names them, and the condition they make. */
export type AnomalyType = {
  readonly parameters: Readonly<Record<string, Parameter<unknown>>>;
  readonly make: (values: never) => Condition;
  /** What `timespan` is where it is not written; undefined: the type has none, alerts of a group fold within an hour. */
  readonly timespan: string | undefined;
  readonly groupBy?: readonly string[];
};

function type<P extends Readonly<Record<string, Parameter<unknown>>>>(
  timespan: string | undefined,
  parameters: P,
  make: (values: Values<P>) => Condition,
  groupBy?: readonly string[],
): AnomalyType {
  return { parameters, make, timespan, ...(groupBy === undefined ? {} : { groupBy }) };
}

const measured = {
  metric: oneOf(['count', 'distinct', 'sum']),
  field: { ...fieldName(), optional: true as const },
  forget: duration('30d'),
};
const measuredOrAverage = { ...measured, metric: oneOf(['count', 'distinct', 'sum', 'avg']) };
const fieldOf = ({ metric, field }: { readonly metric: string; readonly field: string | undefined }): readonly string[] =>
  metric === 'count' || field === undefined ? [] : [field];

/** Every type of anomaly, in one list (correlation page, section 8). */
export const ANOMALY_TYPES: Readonly<Record<string, AnomalyType>> = {
  spike: type(
    '1h',
    {
      ...measured,
      history: whole(1, 1, 1000),
      factor: amount(3, 1),
      direction: oneOf(['up', 'down', 'both']),
      min_current: amount(1, 0),
      min_reference: amount(1, 0),
    },
    (v) => ({
      kind: 'spike',
      metric: v.metric,
      fields: fieldOf(v),
      forget: v.forget,
      history: v.history,
      factor: v.factor,
      direction: v.direction,
      minCurrent: v.min_current,
      minReference: v.min_reference,
    }),
  ),
  seasonal: type(
    '1h',
    {
      ...measuredOrAverage,
      direction: oneOf(['both', 'up', 'down']),
      season: oneOf(['hour_of_week', 'hour_of_day', 'none']),
      zone,
      keep: whole(6, 2, 60),
      score: amount(6),
      min_history: whole(3, 1, 60),
      floor: optional(amount(1)),
      forget: duration('90d'),
    },
    (v) => ({
      kind: 'seasonal',
      metric: v.metric,
      fields: fieldOf(v),
      forget: v.forget,
      direction: v.direction,
      season: v.season,
      zone: v.zone,
      keep: v.keep,
      minHistory: v.min_history,
      score: v.score,
      floor: v.floor,
    }),
  ),
  change: type('5m', { ...measuredOrAverage, threshold: amount(CHANGE_THRESHOLD) }, (v) => ({
    kind: 'change',
    metric: v.metric,
    fields: fieldOf(v),
    forget: v.forget,
    threshold: v.threshold,
  })),
  absence: type('1h', { min_seen: whole(1, 1, 1000), remember: duration('7d') }, (v) => ({
    kind: 'absence',
    minSeen: v.min_seen,
    remember: v.remember,
  })),
  new_value: type(
    undefined,
    { field: fieldNames(), learn: duration('0', true), forget: duration('30d'), new_group: oneOf(['learn', 'alert']) },
    (v) => ({ kind: 'new_value', fields: v.field, learn: v.learn, forget: v.forget, newGroup: v.new_group }),
  ),
  rare: type('24h', { field: fieldNames(), share: share(0.01), min_events: whole(100, 1), max_count: whole(3, 1) }, (v) => ({
    kind: 'rare',
    fields: v.field,
    share: v.share,
    minEvents: v.min_events,
    maxCount: v.max_count,
  })),
  time_of_day: type(
    undefined,
    { zone, learn: duration('14d', true), min_events: whole(20, 1), max_share: share(0.02), forget: duration('90d') },
    (v) => ({ kind: 'time_of_day', zone: v.zone, learn: v.learn, minEvents: v.min_events, maxShare: v.max_share, forget: v.forget }),
  ),
  impossible_travel: type(
    undefined,
    {
      location: fieldName('source.geo.location'),
      accuracy: fieldName('source.geo.accuracy_radius'),
      address: fieldName('source.ip'),
      max_speed: amount(1000),
      min_distance: amount(100),
      usual_after: duration('24h'),
      forget: duration('30d'),
    },
    (v) => ({
      kind: 'impossible_travel',
      fields: [v.location, `${v.location}.lat`, `${v.location}.lon`, v.accuracy, v.address],
      maxSpeed: v.max_speed,
      minDistance: v.min_distance,
      usualAfter: v.usual_after,
      forget: v.forget,
    }),
  ),
  beacon: type(
    undefined,
    {
      host: fieldName('host.name'),
      destination: fieldName('destination.ip'),
      min_events: whole(10, 3, ANOMALY_BOUNDS.calls),
      interval: interval('1s', '24h'),
      max_dispersion: amount(0.4),
      max_prevalence: share(0.1),
      min_hosts: whole(5, 1),
      remember: duration('24h'),
    },
    (v) => ({
      kind: 'beacon',
      fields: [v.host, v.destination],
      minEvents: v.min_events,
      interval: v.interval,
      maxDispersion: v.max_dispersion,
      maxPrevalence: v.max_prevalence,
      minHosts: v.min_hosts,
      remember: v.remember,
    }),
    ['host.name', 'process.name', 'destination.ip'],
  ),
  peer_group: type(
    undefined,
    {
      field: fieldNames(),
      peers: fieldName(),
      learn: duration('7d', true),
      remember: duration('30d'),
      max_share: share(0.05),
      min_peers: whole(10, 1),
    },
    (v) => ({
      kind: 'peer_group',
      fields: [v.peers, ...v.field],
      learn: v.learn,
      remember: v.remember,
      maxShare: v.max_share,
      minPeers: v.min_peers,
    }),
  ),
};
