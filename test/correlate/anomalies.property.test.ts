import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ruleset } from '../../src/rule/load.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { changesOf } from '../support/change-oracle.ts';
import { aMatch, asRecord, contentOf, firingsOf, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

/** One match: `g` is the group, the rest its fields. */
type Event = { readonly t: number; readonly g: string } & Readonly<Record<string, string | number>>;

/** A ruleset with one anomaly over the detection `a`; each second is a cell of its own, so that every trigger is seen. */
const rules = (anomaly: object, groupBy: readonly string[] = ['g']): Ruleset =>
  rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': groupBy, ...anomaly }, wardline: { keep_alive: '1s' } },
  );
const records = (list: readonly Event[]) => list.map(({ t, ...fields }, n) => asRecord(aMatch('a', t, fields, n)));
/** Firings up to an instant, and those of matches after it. */
const fired = (ruleset: Ruleset, list: readonly Event[], until: number): Set<string> =>
  new Set(
    firingsOf(ruleset, [...records(list), watermarkAt(BigInt(until) * SECOND)])
      .filter(({ stage }) => stage === 'opened' || stage === 'continued')
      .map(({ group, cell }) => `${String(group.values['g'])} ${cell / SECOND}`),
  );
/** Events of a group in final order; the offset decides where times are equal. */
const ordered = (list: readonly Event[], group: string): readonly Event[] => list.filter(({ g }) => g === group).sort((a, b) => a.t - b.t);
const groupsOf = (list: readonly Event[]): readonly string[] => [...new Set(list.map(({ g }) => g))];
const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
};

type Case = {
  readonly name: string;
  readonly ruleset: Ruleset;
  readonly events: fc.Arbitrary<readonly Event[]>;
  readonly oracle: (list: readonly Event[]) => Set<string>;
  /** How far the watermark comes before the inputs end; panes end there. */
  readonly until?: number;
  /** Share of the usual runs, where the oracle is slow. */
  readonly share?: number;
};

const UNTIL = 400;

const MANY = { minLength: 10, maxLength: 50, size: 'max' } as const;
const eventsOf = (span: number, fields: Record<string, fc.Arbitrary<string | number>>): fc.Arbitrary<readonly Event[]> =>
  fc.array(fc.record({ t: fc.nat(span), g: fc.constantFrom('x', 'x', 'x', 'y'), ...fields }), MANY) as fc.Arbitrary<readonly Event[]>;

/** Values of the panes of a group, from its first match to `until` seconds. */
function panes(
  list: readonly Event[],
  width: number,
  until: number,
  value: (pane: readonly Event[]) => number,
): readonly [number, number][] {
  const first = Math.floor((list[0] as Event).t / width);
  const byPane = Map.groupBy(list, ({ t }) => Math.floor(t / width));
  return Array.from({ length: until / width - first }, (_, i) => [first + i, value(byPane.get(first + i) ?? [])]);
}

/** Panes that `judge` finds, given the numbers and the values of all panes of a group. */
function paneOracle(
  list: readonly Event[],
  width: number,
  value: (pane: readonly Event[]) => number,
  judge: (values: readonly number[], panes: readonly number[]) => readonly boolean[],
  until = UNTIL,
): Set<string> {
  const found = new Set<string>();
  for (const group of groupsOf(list)) {
    const all = panes(ordered(list, group), width, until, value);
    const flags = judge(
      all.map(([, one]) => one),
      all.map(([pane]) => pane),
    );
    all.forEach(([pane], i) => {
      if (flags[i]) found.add(`${group} ${(pane + 1) * width - 1}`);
    });
  }
  return found;
}

const spikes = (values: readonly number[]): readonly boolean[] =>
  values.map((x, i) => {
    if (i < 4) return false;
    const r = middle(values.slice(i - 4, i));
    return (x >= 2 * Math.max(r, 1) && x >= 3) || (x <= r / 2 && r >= 2);
  });

/** To seven binary digits. */
function coarse(value: number): number {
  const exact = BigInt(Math.round(value * 2 ** 20));
  const size = exact < 0n ? -exact : exact;
  const unit = 2 ** Math.max(0, size.toString(2).length - 7);
  return (Math.sign(value) * Math.round(Number(size) / unit) * unit) / 2 ** 20;
}

/** Median and MAD of the last four panes of the same slot; what is too far off counts as just too far. `kept`: what is remembered of a value. */
function seasons(values: readonly number[], numbers: readonly number[], kept?: typeof coarse): readonly boolean[] {
  const past = new Map<number, number[]>();
  return numbers.map((pane, i) => {
    const before = past.get(pane % 24) ?? [];
    past.set(pane % 24, before);
    const x = values[i] as number;
    const last = before.slice(-4);
    const m = last.length < 2 ? x : middle(last);
    const least = kept === undefined ? 1 : Math.max(1, Math.abs(m) / 128);
    const deviation = last.length < 2 ? 1 : Math.max(1.4826 * middle(last.map((one) => Math.abs(one - m))), least);
    const far = Math.abs(x - m) / deviation >= 2;
    const learned = far ? m + Math.sign(x - m) * 2 * deviation : x;
    before.push(kept === undefined ? learned : kept(learned));
    return far;
  });
}

const HOUR = 3600;
const cities: readonly [number, number][] = [
  [52.5, 13.4],
  [48.1, 11.6],
  [40.7, -74],
  [35.7, 139.7],
];

const cases: readonly Case[] = [
  {
    name: 'spike of counts, up and down',
    ruleset: rules({
      type: 'spike',
      timespan: '10s',
      history: 4,
      factor: 2,
      direction: 'both',
      min_current: 3,
      min_reference: 2,
      forget: '400s',
    }),
    events: eventsOf(120, {}),
    oracle: (list) => paneOracle(list, 10, (pane) => pane.length, spikes),
  },
  {
    name: 'spike of sums',
    ruleset: rules({
      type: 'spike',
      metric: 'sum',
      field: 'v',
      timespan: '10s',
      history: 4,
      factor: 2,
      direction: 'both',
      min_current: 3,
      min_reference: 2,
      forget: '400s',
    }),
    events: eventsOf(200, { v: fc.nat(9) }),
    oracle: (list) => paneOracle(list, 10, (pane) => pane.reduce((sum, event) => sum + Number(event['v']), 0), spikes),
  },
  {
    name: 'spike of different values',
    ruleset: rules({
      type: 'spike',
      metric: 'distinct',
      field: 'v',
      timespan: '10s',
      history: 4,
      factor: 2,
      direction: 'both',
      min_current: 3,
      min_reference: 2,
      forget: '400s',
    }),
    events: eventsOf(120, { v: fc.nat(9) }),
    oracle: (list) => paneOracle(list, 10, (pane) => new Set(pane.map((event) => event['v'])).size, spikes),
  },
  {
    name: 'seasonal without a season',
    ruleset: rules({ type: 'seasonal', timespan: '10s', season: 'none', keep: 4, min_history: 2, score: 2, floor: 1, forget: '400s' }),
    events: eventsOf(120, {}),
    oracle: (list) =>
      paneOracle(
        list,
        10,
        (pane) => pane.length,
        (values) =>
          seasons(
            values,
            values.map(() => 0),
          ),
      ),
  },
  {
    name: 'seasonal by hour of the day',
    ruleset: rules({ type: 'seasonal', timespan: '1h', season: 'hour_of_day', keep: 4, min_history: 2, score: 2, floor: 1, forget: '10d' }),
    events: fc
      .array(fc.record({ day: fc.nat(6), hour: fc.constantFrom(3, 4), g: fc.constant('x') }), MANY)
      .map((list) => list.map(({ day, hour, g }, i) => ({ t: (24 * day + hour) * HOUR + i, g }))),
    oracle: (list) => paneOracle(list, HOUR, (pane) => pane.length, seasons, 8 * 24 * HOUR),
    until: 8 * 24 * HOUR,
  },
  {
    name: 'seasonal sums, remembered to seven binary digits',
    ruleset: rules({
      type: 'seasonal',
      metric: 'sum',
      field: 'v',
      timespan: '10s',
      season: 'none',
      keep: 4,
      min_history: 2,
      score: 2,
      floor: 1,
      forget: '400s',
    }),
    events: eventsOf(120, { v: fc.integer({ min: 900, max: 1000 }) }),
    oracle: (list) =>
      paneOracle(
        list,
        10,
        (pane) => pane.reduce((sum, event) => sum + Number(event['v']), 0),
        (values) =>
          seasons(
            values,
            values.map(() => 0),
            coarse,
          ),
      ),
  },
  {
    name: 'change of counts',
    ruleset: rules({ type: 'change', timespan: '1h', threshold: 6 }),
    // Ten days with some matches, and hours with many.
    events: fc
      .tuple(
        fc.array(fc.nat(239), { minLength: 20, maxLength: 60, size: 'max' }),
        fc.array(fc.tuple(fc.integer({ min: 100, max: 239 }), fc.integer({ min: 2, max: 12 })), { maxLength: 2 }),
      )
      .map(([usual, bursts]) =>
        [0, ...usual, ...bursts.flatMap(([hour, count]) => new Array<number>(count).fill(hour))].map((hour, i) => ({
          t: hour * HOUR + i,
          g: 'x',
        })),
      ),
    oracle: (list) =>
      paneOracle(
        list,
        HOUR,
        (pane) => pane.length,
        (values, numbers) =>
          changesOf(
            values,
            numbers.map((one) => one * HOUR),
            6,
          ),
        240 * HOUR,
      ),
    until: 240 * HOUR,
    share: 0.3,
  },
  {
    name: 'rare value',
    ruleset: rules({ type: 'rare', field: 'v', timespan: '24s', share: 0.2, min_events: 8, max_count: 2 }),
    events: eventsOf(60, { v: fc.constantFrom('p', 'p', 'p', 'p', 'q', 'r') }),
    oracle(list) {
      const found = new Set<string>();
      for (const group of groupsOf(list))
        ordered(list, group).forEach(({ t, v }, i, own) => {
          const window = own.slice(0, i + 1).filter((other) => other.t >= t - 24);
          const count = window.filter((other) => other['v'] === v).length;
          if (window.length >= 8 && count <= 2 && count <= 0.2 * window.length) found.add(`${group} ${t}`);
        });
      return found;
    },
  },
  {
    name: 'time of day',
    ruleset: rules({ type: 'time_of_day', learn: '2d', min_events: 5, max_share: 0.2 }),
    events: fc
      .array(fc.record({ day: fc.nat(12), hour: fc.constantFrom(8, 9, 10, 17, 3, 23), g: fc.constantFrom('x', 'y') }), MANY)
      .map((list) => list.map(({ day, hour, g }) => ({ t: (24 * day + hour) * HOUR, g }))),
    oracle(list) {
      const found = new Set<string>();
      for (const group of groupsOf(list)) {
        const own = ordered(list, group);
        const hours = [...new Set(own.map(({ t }) => t / HOUR))];
        hours.forEach((hour, i) => {
          const before = hours.slice(0, i);
          const near = before.filter((other) => [0, 1, 23].includes((((other - hour) % 24) + 24) % 24)).length;
          if (before.length >= 5 && hour - (hours[0] as number) >= 48 && near <= 0.2 * before.length) found.add(`${group} ${hour * HOUR}`);
        });
      }
      return found;
    },
  },
  {
    name: 'impossible travel',
    ruleset: rules({ type: 'impossible_travel', location: 'at', address: 'ip', usual_after: '24h' }),
    events: fc
      .array(fc.record({ t: fc.nat(200), g: fc.constantFrom('x', 'y'), city: fc.nat(4), ip: fc.constantFrom('1', '2', '3') }), {
        maxLength: 25,
      })
      .map((list) =>
        list.map(({ t, city, ...rest }) => ({
          t: t * 900,
          ...rest,
          ...(cities[city] === undefined ? {} : { 'at.lat': cities[city][0], 'at.lon': cities[city][1] }),
        })),
      ) as fc.Arbitrary<readonly Event[]>,
    oracle(list) {
      const found = new Set<string>();
      const km = (a: Event, b: Event): number => {
        const [p, q, l] = [a['at.lat'], b['at.lat'], Number(b['at.lon']) - Number(a['at.lon'])].map(
          (degrees) => (Number(degrees) * Math.PI) / 180,
        ) as [number, number, number];
        // The law of cosines, not the haversine.
        return 6371 * Math.acos(Math.min(1, Math.sin(p) * Math.sin(q) + Math.cos(p) * Math.cos(q) * Math.cos(l)));
      };
      for (const group of groupsOf(list)) {
        const own = ordered(list, group).filter((event) => event['at.lat'] !== undefined);
        own.forEach((now, i) => {
          const before = own[i - 1];
          if (before === undefined || before['ip'] === now['ip']) return;
          const usual = (place: Event): boolean =>
            own.slice(0, i).some((other) => other['at.lat'] === place['at.lat'] && other.t <= now.t - 86_400);
          if (usual(before) && usual(now)) return;
          const distance = before['at.lat'] === now['at.lat'] ? 0 : km(before, now);
          if (distance >= 100 && distance / (Math.max(60, now.t - before.t) / 3600) > 1000) found.add(`${group} ${now.t}`);
        });
      }
      return found;
    },
  },
  {
    name: 'beacon',
    ruleset: rules(
      {
        type: 'beacon',
        host: 'g',
        destination: 'd',
        min_events: 4,
        max_dispersion: 0.3,
        max_prevalence: 0.3,
        min_hosts: 3,
        remember: '100s',
      },
      ['g', 'd'],
    ),
    // Runs of calls at one interval, a few of them cut short or laid over each other.
    events: fc
      .array(
        fc.record({
          start: fc.nat(20),
          every: fc.constantFrom(5, 10, 15),
          count: fc.integer({ min: 1, max: 7 }),
          g: fc.constantFrom('x', 'y', 'z', 'u'),
          d: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '127.0.0.1'),
        }),
        { minLength: 2, maxLength: 10, size: 'max' },
      )
      .map((runs) =>
        runs.flatMap(({ start, every, count, g, d }) => Array.from({ length: count }, (_, i) => ({ t: start * 5 + i * every, g, d }))),
      ),
    oracle(list) {
      const found = new Set<string>();
      const hosts = (t: number, of: (event: Event) => boolean): number =>
        new Set(list.filter((event) => event.t <= t && Math.floor(event.t / 100) >= Math.floor(t / 100) - 1 && of(event)).map(({ g }) => g))
          .size;
      for (const now of list) {
        if (now['d'] === '127.0.0.1') continue;
        let times = [...new Set(list.filter(({ g, d, t }) => g === now.g && d === now['d'] && t <= now.t).map(({ t }) => t))].sort(
          (a, b) => a - b,
        );
        // A pause longer than `remember` starts anew.
        const pause = times.findLastIndex((t, i) => i > 0 && t - (times[i - 1] as number) > 100);
        if (pause > 0) times = times.slice(pause);
        const gaps = times.slice(1).map((t, i) => t - (times[i] as number));
        if (times.length < 4) continue;
        const m = middle(gaps);
        if (middle(gaps.map((gap) => Math.abs(gap - m))) / m > 0.3) continue;
        const all = hosts(now.t, () => true);
        if (all >= 3 && (hosts(now.t, ({ d }) => d === now['d']) - 1) / (all - 1) <= 0.3) found.add(`${now.g} ${now.t}`);
      }
      return found;
    },
  },
  {
    name: 'peer group',
    ruleset: rules({ type: 'peer_group', field: 'v', peers: 'p', learn: '20s', remember: '50s', max_share: 0.34, min_peers: 2 }),
    events: fc.array(
      fc.record({
        t: fc.nat(120),
        g: fc.constantFrom('x', 'y', 'z', 'u'),
        p: fc.constantFrom('a', 'b'),
        v: fc.constantFrom('1', '2', '3'),
      }),
      MANY,
    ),
    oracle(list) {
      const found = new Set<string>();
      for (const group of groupsOf(list)) {
        const own = ordered(list, group);
        let since = 0;
        own.forEach((now, i) => {
          if (i === 0 || now.t - (own[i - 1] as Event).t > 50) since = now.t;
          const sharing = (of: (event: Event) => boolean): number =>
            new Set(
              list
                .filter(
                  (event) =>
                    event.t <= now.t && Math.floor(event.t / 50) >= Math.floor(now.t / 50) - 1 && event['p'] === now['p'] && of(event),
                )
                .map(({ g }) => g),
            ).size - 1;
          const fresh = !own.slice(0, i).some((other) => other['v'] === now['v'] && other.t >= Math.max(now.t - 50, since));
          const peers = sharing(() => true);
          if (fresh && now.t >= since + 20 && peers >= 2 && sharing(({ v }) => v === now['v']) <= 0.34 * peers)
            found.add(`${group} ${now.t}`);
        });
      }
      return found;
    },
  },
];

describe.each(cases)('$name', ({ ruleset, events, oracle, until = UNTIL, share = 1 }) => {
  test('the matches of these tests make it fire often enough to tell', () => {
    const found = fc.sample(events, { numRuns: 100 * share, seed: 1 }).filter((list) => oracle(list).size > 0);
    expect(found.length).toBeGreaterThanOrEqual(10 * share);
  });

  test('fires exactly when a search over all matches says so, in any order of arrival', () => {
    fc.assert(
      fc.property(
        events.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length, maxLength: list.length })),
        ),
        ([list, order]) => {
          expect(fired(ruleset, list, until)).toEqual(oracle(list));
          // Offsets travel with their events, so that equal times stay decided.
          const all = records(list);
          const shuffled = order.map((i) => all[i] as (typeof all)[number]);
          expect(firingsOf(ruleset, shuffled).map(nameOf)).toEqual(firingsOf(ruleset, all).map(nameOf));
        },
      ),
      { numRuns: 30 * share },
    );
  });

  test('neither a restart after every record nor a watermark that follows changes anything of an alert', () => {
    fc.assert(
      fc.property(events, (list) => {
        const sorted = [...list].sort((a, b) => a.t - b.t);
        const end = watermarkAt(BigInt(until) * SECOND);
        const once = firingsOf(ruleset, [...records(sorted), end]).map(contentOf);
        expect(firingsOf(ruleset, [...records(sorted), end], { restartEvery: 1 }).map(contentOf)).toEqual(once);
        const marked = records(sorted).flatMap((record, i) => [record, watermarkAt(BigInt(sorted[i]?.t ?? 0) * SECOND)]);
        marked.push(end);
        expect(
          new Set(
            firingsOf(ruleset, marked)
              .map(contentOf)
              .map((one) => JSON.stringify(one)),
          ),
        ).toEqual(new Set(once.map((one) => JSON.stringify(one))));
        for (const { hits } of firingsOf(ruleset, marked)) expect(hits.length).toBeGreaterThan(0);
      }),
      { numRuns: Math.ceil(8 * share) },
    );
  });
});
