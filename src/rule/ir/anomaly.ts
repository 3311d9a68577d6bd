import type { Nanos } from '../../event/time.ts';

/** What is measured of the matches in one pane of time: how many, how many different values, their sum or average. */
export type Metric = 'count' | 'distinct' | 'sum' | 'avg';

/** One number per group and pane; panes are `[k timespan, (k + 1) timespan)`, and an empty one counts as 0. */
type Measured = {
  readonly metric: Metric;
  /** The field of the metric; none for `count`. */
  readonly fields: readonly string[];
  /** A group without matches for so long is forgotten. */
  readonly forget: Nanos;
};

/** Whether more than expected is told, less, or either. */
export type Direction = 'up' | 'down' | 'both';

/** How a value of one pane is judged. */
export type PaneAnomaly =
  | (Measured & {
      readonly kind: 'spike';
      readonly direction: Direction;
      readonly history: number;
      readonly factor: number;
      readonly minCurrent: number;
      readonly minReference: number;
    })
  | (Measured & {
      readonly kind: 'seasonal';
      readonly direction: Direction;
      readonly season: 'hour_of_week' | 'hour_of_day' | 'none';
      readonly zone: string;
      readonly keep: number;
      readonly minHistory: number;
      readonly score: number;
      readonly floor: number | undefined;
    })
  | (Measured & { readonly kind: 'change'; readonly threshold: number });

/** A match that does not fit what its group, or its peers, did before (correlation page, section 8). */
export type MatchAnomaly =
  /** A value with few of the matches of the last `timespan`. */
  | {
      readonly kind: 'rare';
      readonly fields: readonly string[];
      readonly share: number;
      readonly minEvents: number;
      readonly maxCount: number;
    }
  /** An hour of the day in which the group is hardly ever active. */
  | {
      readonly kind: 'time_of_day';
      readonly zone: string;
      readonly learn: Nanos;
      readonly minEvents: number;
      readonly maxShare: number;
      readonly forget: Nanos;
    }
  /** Two places too far from each other for the time between; `fields`: location, its `lat`, its `lon`, accuracy radius, address. */
  | {
      readonly kind: 'impossible_travel';
      readonly fields: readonly [location: string, lat: string, lon: string, radius: string, address: string];
      readonly maxSpeed: number;
      readonly minDistance: number;
      readonly usualAfter: Nanos;
      readonly forget: Nanos;
    }
  /** Regular calls to a destination that few hosts call; `fields`: host and destination. */
  | {
      readonly kind: 'beacon';
      readonly fields: readonly [host: string, destination: string];
      readonly minEvents: number;
      readonly interval: readonly [Nanos, Nanos];
      readonly maxDispersion: number;
      readonly maxPrevalence: number;
      readonly minHosts: number;
      readonly remember: Nanos;
    }
  /** A value that is new to the group and that few of its peers have; `fields`: peers, then what makes up the value. */
  | {
      readonly kind: 'peer_group';
      readonly fields: readonly [peers: string, ...value: string[]];
      readonly learn: Nanos;
      readonly remember: Nanos;
      readonly maxShare: number;
      readonly minPeers: number;
    };
