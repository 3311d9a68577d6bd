import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AlertFacts } from '../../src/notify/facts.ts';
import { createNotifier, type Notifier } from '../../src/notify/reducer.ts';
import { notifySettings } from '../../src/notify/settings.ts';

type Step = { readonly dt: number; readonly alert?: AlertFacts };
const SECOND = 1000;

const facts = (id: number, severity: number, status: 'firing' | 'resolved', acknowledged: boolean): AlertFacts => ({
  id: `a${id}`,
  labels: { severity: [['low', 'high', 'critical'][severity] ?? ''], team: [id % 2 === 0 ? 'web' : 'db'], host: [`h${id % 3}`] },
  severity,
  status,
  acknowledged,
  buildingBlock: id === 7,
  startsAt: `t${id}`,
  endsAt: status === 'resolved' ? 'e' : undefined,
  summary: 's',
  reason: 'r',
  url: undefined,
});
const step: fc.Arbitrary<Step> = fc.record({
  dt: fc.constantFrom(0, 1, 5, 20, 61).map((n) => n * SECOND),
  alert: fc.option(
    fc
      .tuple(
        fc.nat({ max: 7 }),
        fc.nat({ max: 2 }),
        fc.constantFrom('firing' as const, 'firing' as const, 'resolved' as const),
        fc.boolean(),
      )
      .map((parts) => facts(...parts)),
    { nil: undefined },
  ),
}) as fc.Arbitrary<Step>;
const steps = fc.array(step, { minLength: 1, maxLength: 40 });

const settings = notifySettings.parse({
  route: {
    receiver: 'all',
    groupBy: ['team'],
    groupWait: '5s',
    groupInterval: '20s',
    repeatInterval: '1m',
    routes: [
      { matchers: ['severity="critical"'], receiver: 'pager', groupBy: ['...'], groupWait: '0s', continue: true },
      { matchers: ['team=~"d.*"'], receiver: 'db', groupBy: ['host'] },
    ],
  },
  inhibit: [{ name: 'critical first', source: ['severity="critical"'], target: ['severity!="critical"'], equal: ['host'], for: '10s' }],
  silences: [{ id: 's1', matchers: ['host="h2"'], starts: '1970-01-01T00:00:30Z', ends: '1970-01-01T00:01:30Z', owner: 'o', comment: 'c' }],
});

type Told = { readonly receiver: string; readonly at: number; readonly reason: string; readonly alerts: readonly string[] };
const toldOf = ({ receiver, at, reason, alerts }: ReturnType<Notifier['tick']>['notifications'][number]): Told => ({
  receiver,
  at,
  reason,
  alerts: alerts.map(({ id, status }) => `${id} ${status}`).sort(),
});

function product(list: readonly Step[], restart: (i: number) => boolean = () => false): Told[] {
  let notifier = createNotifier(settings);
  let now = 0;
  return list.flatMap(({ dt, alert }, i) => {
    now += dt;
    if (restart(i)) notifier = createNotifier(settings, JSON.parse(JSON.stringify(notifier.snapshot())));
    if (alert !== undefined) notifier.alert(alert, now);
    return notifier.tick(now).notifications.map(toldOf);
  });
}

/**
 * The same meaning read literally: lists that are searched from end to end, conditions of the settings above written out,
 * nothing indexed and nothing shared with the product.
 */
function plainly(list: readonly Step[]): Told[] {
  type Seen = { facts: AlertFacts; overAt: number | undefined };
  type Pack = {
    receiver: string;
    key: string;
    members: string[];
    due: number;
    told: { id: string; status: string; severity: number }[];
    toldAt: number | undefined;
  };
  let seen: Seen[] = [];
  let packs: Pack[] = [];
  const out: Told[] = [];
  let now = 0;
  const label = (one: AlertFacts, name: string): string => one.labels[name]?.[0] ?? '';
  const placesOf = (one: AlertFacts): [receiver: string, key: string, wait: number][] => {
    const places: [string, string, number][] = [];
    if (label(one, 'severity') === 'critical') places.push(['pager', one.id, 0]);
    if (label(one, 'team').startsWith('d')) places.push(['db', label(one, 'host'), 5]);
    return places.length > 0 ? places : [['all', label(one, 'team'), 5]];
  };
  const quiet = (one: Seen): boolean => {
    if (label(one.facts, 'host') === 'h2' && now >= 30 * SECOND && now < 90 * SECOND) return true;
    if (label(one.facts, 'severity') === 'critical') return false;
    return seen.some(
      (other) =>
        other.facts.id !== one.facts.id &&
        label(other.facts, 'severity') === 'critical' &&
        label(other.facts, 'host') === label(one.facts, 'host') &&
        (other.facts.status === 'firing' || now - (other.overAt ?? 0) < 10 * SECOND),
    );
  };
  for (const { dt, alert } of list) {
    now += dt;
    if (alert !== undefined) {
      const before = seen.find((one) => one.facts.id === alert.id);
      const overAt = alert.status === 'resolved' ? (before?.overAt ?? now) : undefined;
      if (before === undefined) seen.push({ facts: alert, overAt });
      else Object.assign(before, { facts: alert, overAt });
      if (!alert.buildingBlock && (alert.status === 'firing' || before === undefined)) {
        for (const [receiver, key, wait] of placesOf(alert)) {
          let pack = packs.find((one) => one.receiver === receiver && one.key === key);
          if (pack === undefined)
            packs.push((pack = { receiver, key, members: [], due: now + wait * SECOND, told: [], toldAt: undefined }));
          if (!pack.members.includes(alert.id)) pack.members.push(alert.id);
        }
      }
    }
    const due = packs.filter((pack) => pack.due <= now);
    for (const pack of due) {
      const members = seen.filter((one) => pack.members.includes(one.facts.id));
      const loud = members.filter((one) => !quiet(one));
      const told = (one: Seen) => pack.told.find(({ id }) => id === one.facts.id);
      let reason: string | undefined;
      if (loud.some((one) => told(one) === undefined)) reason = 'new';
      else if (
        loud.some(
          (one) => one.facts.status === 'firing' && (told(one)?.status === 'resolved' || one.facts.severity > (told(one)?.severity ?? 9)),
        )
      )
        reason = 'changed';
      else if (loud.some((one) => one.facts.status === 'resolved' && told(one)?.status === 'firing')) reason = 'resolved';
      else if (
        pack.toldAt !== undefined &&
        now - pack.toldAt >= 60 * SECOND &&
        loud.some((one) => one.facts.status === 'firing' && !one.facts.acknowledged)
      )
        reason = 'repeat';
      if (reason !== undefined) {
        out.push({ receiver: pack.receiver, at: now, reason, alerts: loud.map((one) => `${one.facts.id} ${one.facts.status}`).sort() });
        pack.toldAt = now;
        for (const one of loud)
          pack.told = [
            ...pack.told.filter(({ id }) => id !== one.facts.id),
            { id: one.facts.id, status: one.facts.status, severity: one.facts.severity },
          ];
      }
      for (const one of members) {
        if (one.facts.status !== 'resolved' || (loud.includes(one) && reason === undefined)) continue;
        pack.members = pack.members.filter((id) => id !== one.facts.id);
        pack.told = pack.told.filter(({ id }) => id !== one.facts.id);
      }
      while (pack.due <= now) pack.due += 20 * SECOND;
    }
    packs = packs.filter((pack) => pack.members.length > 0);
    if (due.length > 0)
      seen = seen.filter(
        (one) => one.overAt === undefined || now - one.overAt < 10 * SECOND || packs.some((pack) => pack.members.includes(one.facts.id)),
      );
  }
  return out;
}

const sorted = (told: readonly Told[]): string[] => told.map((one) => JSON.stringify(one)).sort();

describe('notifications', () => {
  test('are exactly those of a plain reading: routes, groups, waits, repeats, inhibition, silences', () => {
    let count = 0;
    fc.assert(
      fc.property(steps, (list) => {
        const told = product(list);
        count += told.length;
        expect(sorted(told)).toEqual(sorted(plainly(list)));
      }),
      { numRuns: 500 },
    );
    expect(count).toBeGreaterThan(500);
  });

  test('do not change when the process restarts after any step', () => {
    fc.assert(
      fc.property(steps, fc.func(fc.boolean()), (list, restart) => {
        expect(product(list, (i) => restart(i) === true)).toEqual(product(list));
      }),
      { numRuns: 200 },
    );
  });

  test('do not depend on the order in which alerts of one moment come', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 6 }), { minLength: 1 }), fc.infiniteStream(fc.nat()), (ids, stream) => {
        const alerts = ids.map((id) => facts(id, id % 3, 'firing', false));
        const tell = (list: readonly AlertFacts[]): unknown => {
          const notifier = createNotifier(settings);
          for (const alert of list) notifier.alert(alert, 0);
          return [0, 5, 25, 65].map((at) => notifier.tick(at * SECOND).notifications);
        };
        const shuffled = [...alerts]
          .map((alert) => [stream.next().value as number, alert] as const)
          .sort(([a], [b]) => a - b)
          .map(([, alert]) => alert);
        expect(tell(shuffled)).toEqual(tell(alerts));
      }),
    );
  });

  test('of one group have ids of their own, and the same after a restart', () => {
    const list: Step[] = [{ dt: 0, alert: facts(0, 0, 'firing', false) }, ...Array.from({ length: 20 }, () => ({ dt: 20 * SECOND }))];
    const ids = (restart: boolean): string[] => {
      let notifier = createNotifier(settings);
      let now = 0;
      return list.flatMap(({ dt, alert }) => {
        now += dt;
        if (restart) notifier = createNotifier(settings, notifier.snapshot());
        if (alert !== undefined) notifier.alert(alert, now);
        return notifier.tick(now).notifications.map(({ id }) => id);
      });
    };
    expect(new Set(ids(false)).size).toBe(ids(false).length);
    expect(ids(false).length).toBeGreaterThan(3);
    expect(ids(true)).toEqual(ids(false));
  });
});
