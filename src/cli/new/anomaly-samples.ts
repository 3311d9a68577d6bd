/** What a rule of one type is made of, so that its cases pass: values of parameters, what feeds it, and cases that fire and that do not. */
export type Sample = {
  readonly about: string;
  readonly event: string;
  /** Conditions of the rule that feeds it; ECS says which fields are lists. */
  readonly facts: readonly (readonly [field: string, operator: 'equal' | 'contains', value: string])[];
  readonly base: string;
  readonly groupBy: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly cases: string;
};

const SIGN_IN = {
  event: 'A user signed in',
  facts: [
    ['event.category', 'contains', 'authentication'],
    ['event.outcome', 'equal', 'success'],
  ],
  groupBy: ['user.name'],
} as const;
const PROCESS = {
  event: 'A process started',
  facts: [
    ['event.category', 'contains', 'process'],
    ['event.type', 'contains', 'start'],
  ],
  base: '{ event: { category: [process], type: [start] }, host.name: ws7, user: { name: alice, group.name: sales }, process.name: chrome.exe }',
} as const;
/** Traffic of a host of which `MUCH` is more in every measure: more of it, larger, and to other names. */
const TRAFFIC = {
  event: 'A host sent something over the network',
  facts: [['event.category', 'contains', 'network']],
  base: '{ event: { category: [network] }, host.name: db1, source.bytes: 1000, destination.domain: usual.example }',
  groupBy: ['host.name'],
} as const;
const MUCH = '{ source.bytes: 100000, destination.domain: "x${at:nanos}.example" }';

export const ANOMALY_SAMPLES = {
  spike: {
    ...TRAFFIC,
    about: 'Far more in an hour than in those before.',
    parameters: { timespan: '1h', history: '24', factor: '5', direction: 'up', min_current: '20' },
    cases: `  - name: forty within an hour, after a day with one an hour
    events: [{ at: 0s, repeat: { count: 26, every: 1h } }, { at: 26h, repeat: { count: 40, every: 1m }, ecs: ${MUCH} }]
    expect: [{ kind: correlation, host.name: db1 }]
  - name: as many in the first hour are learned
    events: [{ at: 0s, repeat: { count: 40, every: 1m }, ecs: ${MUCH} }]
    expect: []
  - name: the same all the time
    events: [{ at: 0s, repeat: { count: 30, every: 1h } }]
    expect: []
`,
  },
  seasonal: {
    ...TRAFFIC,
    about: 'Far more than at this hour of the weeks before.',
    parameters: { timespan: '1h', season: 'hour_of_week', zone: 'UTC', keep: '6', min_history: '3', score: '6', direction: 'up' },
    cases: `  - name: forty in an hour that had one in each week before
    events: [{ at: 0s, repeat: { count: 4, every: 7d } }, { at: 28d, repeat: { count: 40, every: 1m }, ecs: ${MUCH} }]
    expect: [{ kind: correlation, host.name: db1 }]
  - name: as many in the second week are learned
    events: [{ at: 0s }, { at: 7d, repeat: { count: 40, every: 1m }, ecs: ${MUCH} }]
    expect: []
  - name: the same in every week
    events: [{ at: 0s, repeat: { count: 5, every: 7d } }]
    expect: []
`,
  },
  change: {
    ...TRAFFIC,
    about: 'A series that is not what it was.',
    parameters: { timespan: '5m', threshold: '9.5' },
    cases: `  - name: forty in five minutes, after half a day with one
    events: [{ at: 0s, repeat: { count: 144, every: 5m } }, { at: 12h, repeat: { count: 120, every: 7s }, ecs: ${MUCH} }]
    expect: [{ kind: correlation, host.name: db1 }]
  - name: as many within the first hours are learned
    events: [{ at: 0s, repeat: { count: 30, every: 5m } }, { at: 150m, repeat: { count: 120, every: 7s }, ecs: ${MUCH} }]
    expect: []
  - name: the same all the time
    events: [{ at: 0s, repeat: { count: 144, every: 5m } }]
    expect: []
`,
  },
  absence: {
    about: 'A host that told it is there tells it no more.',
    event: 'A host told that it is there',
    facts: [['event.action', 'equal', 'heartbeat']],
    base: '{ event.action: heartbeat, host.name: db1 }',
    groupBy: ['host.name'],
    parameters: { timespan: '1h', min_seen: '3', remember: '7d' },
    cases: `  - name: nothing for an hour
    events: [{ at: 0s, repeat: { count: 3, every: 10m } }, { advance: 61m }]
    expect: [{ at: 1h20m, host.name: db1 }]
  - name: it goes on
    events: [{ at: 0s, repeat: { count: 10, every: 30m } }]
    expect: []
  - name: seen twice, it is not awaited
    events: [{ at: 0s, repeat: { count: 2, every: 10m } }, { advance: 61m }]
    expect: []
  - name: the source was silent
    events: [{ at: 0s, repeat: { count: 3, every: 10m } }, { silence: 61m }]
    expect: []
`,
  },
  new_value: {
    ...SIGN_IN,
    about: 'A user from a country where it never was before.',
    base: '{ event: { category: [authentication], outcome: success }, user.name: alice, source.geo.country_iso_code: SE }',
    parameters: { field: 'source.geo.country_iso_code', learn: '7d', forget: '90d', new_group: 'learn' },
    cases: `  - name: a new country after a week
    events: [{ at: 0s, repeat: { count: 8, every: 24h } }, { at: 8d, ecs: { source.geo.country_iso_code: KP } }]
    expect: [{ kind: correlation, at: 8d, user.name: alice }]
  - name: a new country within the first week is learned
    events: [{ at: 0s }, { at: 3d, ecs: { source.geo.country_iso_code: KP } }, { at: 9d, ecs: { source.geo.country_iso_code: KP } }]
    expect: []
`,
  },
  rare: {
    ...PROCESS,
    about: 'A program that hardly ever runs on this host.',
    groupBy: ['host.name'],
    parameters: { field: 'process.name', timespan: '24h', share: '0.01', min_events: '100', max_count: '3' },
    cases: `  - name: one start among many
    events: [{ at: 0s, repeat: { count: 300, every: 60s } }, { at: 6h, ecs: { process.name: odd.exe } }]
    expect: [{ kind: correlation, at: 6h, host.name: ws7 }]
  - name: few starts say nothing
    events: [{ at: 0s, repeat: { count: 30, every: 60s } }, { at: 6h, ecs: { process.name: odd.exe } }]
    expect: []
`,
  },
  time_of_day: {
    ...SIGN_IN,
    about: 'A user at an hour at which it is never active.',
    base: '{ event: { category: [authentication], outcome: success }, user.name: alice }',
    parameters: { zone: 'UTC', learn: '14d', min_events: '20', max_share: '0.02', forget: '90d' },
    cases: `  - name: half a day off, after three weeks at one hour
    events: [{ at: 1h, repeat: { count: 24, every: 24h } }, { at: 588h }]
    expect: [{ at: 588h, user.name: alice }]
  - name: an hour later than usual
    events: [{ at: 1h, repeat: { count: 24, every: 24h } }, { at: 578h }]
    expect: []
  - name: after one week it is still learning
    events: [{ at: 1h, repeat: { count: 7, every: 24h } }, { at: 180h }]
    expect: []
`,
  },
  impossible_travel: {
    ...SIGN_IN,
    about: 'A user at two places between which nobody travels in the time.',
    base: '{ event: { category: [authentication], outcome: success }, user.name: alice, source: { ip: 203.0.113.7, geo: { location: { lat: 52.5, lon: 13.4 } } } }',
    parameters: { max_speed: '1000', min_distance: '100', usual_after: '24h', forget: '30d' },
    cases: `  - name: Berlin, and New York an hour later
    events: [{ at: 0s }, { at: 1h, ecs: { source: { ip: 198.51.100.9, geo: { location: { lat: 40.7, lon: -74.0 } } } } }]
    expect: [{ at: 1h, user.name: alice }]
  - name: Berlin, and New York a day later
    events: [{ at: 0s }, { at: 24h, ecs: { source: { ip: 198.51.100.9, geo: { location: { lat: 40.7, lon: -74.0 } } } } }]
    expect: []
`,
  },
  beacon: {
    ...TRAFFIC,
    about: 'A process that calls where few others do, as regularly as a clock.',
    base: '{ event: { category: [network] }, host.name: ws7, process.name: tool.exe, destination.ip: 203.0.113.66 }',
    groupBy: ['host.name', 'process.name', 'destination.ip'],
    parameters: { min_events: '10', interval: '[1s, 24h]', max_dispersion: '0.4', max_prevalence: '0.1', min_hosts: '5', remember: '24h' },
    cases: `  - name: every minute to where nobody else goes
    events:
      [
${[1, 2, 3, 4, 5].map((n) => `        { at: 0s, ecs: { host.name: h${n}, process.name: chrome.exe, destination.ip: 198.51.100.${n} } },\n`).join('')}        { at: 1m, repeat: { count: 12, every: 60s } }
      ]
    expect: [{ kind: correlation, at: 10m, host.name: ws7, destination.ip: 203.0.113.66 }]
  - name: to where another host goes too
    events:
      [
${[1, 2, 3, 4, 5].map((n) => `        { at: 0s, ecs: { host.name: h${n} } },\n`).join('')}        { at: 1m, repeat: { count: 12, every: 60s } }
      ]
    expect: []
  - name: one host alone cannot say what is common
    events: [{ at: 1m, repeat: { count: 12, every: 60s } }]
    expect: []
`,
  },
  peer_group: {
    ...PROCESS,
    about: 'A program that is new to a user and that few of its group use.',
    groupBy: ['user.name'],
    parameters: { field: 'process.name', peers: 'user.group.name', learn: '7d', remember: '30d', max_share: '0.05', min_peers: '10' },
    cases: `  - name: a program that nobody of the group uses
    events:
      [
        { at: 0s },
${Array.from({ length: 11 }, (_, n) => `        { at: 0s, ecs: { user: { name: u${n} } } },\n`).join('')}        { at: 8d, ecs: { process.name: odd.exe } }
      ]
    expect: [{ kind: correlation, at: 8d, user.name: alice }]
  - name: a group of two has no peers to speak of
    events: [{ at: 0s }, { at: 0s, ecs: { user: { name: bob } } }, { at: 8d, ecs: { process.name: odd.exe } }]
    expect: []
`,
  },
} as const satisfies Readonly<Record<string, Sample>>;

export type AnomalyTypeName = keyof typeof ANOMALY_SAMPLES;
