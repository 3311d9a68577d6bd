import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { createNotifying } from '../../src/pipeline/notifying.ts';
import { at } from '../../src/shared/nested.ts';
import { rulesetOf, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { aWorld, type World } from '../support/a-run.ts';
import { anAlert } from '../support/an-alert.ts';

const ruleset = rulesetOf({
  title: 'Seen',
  id: 'seen',
  level: 'high',
  logsource: TEST_LOGSOURCE,
  detection: { s: { word: 'seen' }, condition: 's' },
  wardline: { alert: { dedup: 'each' } },
});
const seenAt = (minute: number, user: string) => ({
  word: 'seen',
  ecs: { version: '8.11.0' },
  user: { name: user },
  '@timestamp': new Date(Date.UTC(2026, 10, 20, 8) + minute * 60_000).toISOString(),
});
const sinks = [
  { kind: 'console', name: 'all' },
  { kind: 'console', name: 'soc' },
];

let world: World;
beforeEach(() => {
  world = aWorld();
});
afterEach(() => world.remove());

describe('notification beside the store', () => {
  test('a sink that a route names gets one message for a group, the others get every alert', async () => {
    const notify = { route: { receiver: 'soc', groupBy: ['alertname'], groupWait: '30s' } };
    await world.run(ruleset, [seenAt(0, 'a'), seenAt(1, 'b'), seenAt(2, 'c')], { sinks, notify });
    const counts = world.withStore((store) => store.outbox.counts());
    expect(counts.get('all')).toEqual({ waiting: 0, delivered: 6, dead: 0 });
    expect(counts.get('soc')).toEqual({ waiting: 0, delivered: 1, dead: 0 });
    const [told] = world.withStore((store) => store.notifications.newest(10));
    expect(told).toMatchObject({ receiver: 'soc' });
    const document = told?.document ?? {};
    expect(document['message']).toBe('3 alerts: Seen');
    expect(at(document, 'event.id')).toBe(told?.id);
    expect(at(document, 'wardline.notification')).toMatchObject({
      receiver: 'soc',
      reason: 'new',
      status: 'resolved',
      count: 3,
      group: { alertname: 'Seen' },
      alerts: [{ summary: 'Seen', severity: 'high', status: 'resolved' }, {}, {}],
    });
  });

  test('a silenced alert is stored and not told, and the log says by what', async () => {
    const silence = {
      id: 'maintenance',
      matchers: ['alertname="Seen"'],
      starts: '2026-11-20',
      ends: '2026-11-21',
      owner: 'o',
      comment: 'c',
    };
    const notify = { route: { receiver: 'soc', groupWait: '0s' }, silences: [silence] };
    await world.run(ruleset, [seenAt(0, 'a')], { sinks, notify });
    expect(world.documents()).toHaveLength(2);
    expect(world.withStore((store) => store.notifications.newest(10))).toEqual([]);
    const alert = String(at(world.documents()[0] ?? {}, 'wardline.alert.id'));
    expect(world.withStore((store) => store.notifications.log(alert, 10)).map(({ decision, by }) => [decision, by])).toEqual([
      ['silenced', 'maintenance'],
      ['waiting', undefined],
    ]);
  });

  test('a crash between two turns repeats no notification and loses none', () => {
    const settings = settingsSchema.parse({
      sources: [{ kind: 'stdin', name: 'in' }],
      sinks,
      notify: { route: { receiver: 'soc', groupBy: ['...'], groupWait: '5s', groupInterval: '1m' } },
    }).notify;
    if (settings === undefined) throw new Error('no routes');
    world.withStore(
      (store) => {
        const append = (...ids: string[]): void =>
          void store.transaction(() =>
            store.alerts.append(
              ids.map((id) => anAlert({ id, group: { n: id } })),
              ['all'],
            ),
          );
        append('a1');
        const first = createNotifying(store, settings, world.clock);
        expect(first.turn()).toBe(0);
        // What was read and not saved is read again by the next one.
        world.clock.set(world.clock.now() + 6000);
        append('a2');
        const second = createNotifying(store, settings, world.clock);
        expect(second.turn()).toBe(0);
        world.clock.set(world.clock.now() + 6000);
        expect(second.turn()).toBe(2);
        const third = createNotifying(store, settings, world.clock);
        world.clock.set(world.clock.now() + 600_000);
        expect(third.turn()).toBe(0);
        append('a3');
        expect(third.settle()).toBe(1);
        // Alerts that are over and told are forgotten, and not read again.
        store.transaction(() =>
          store.alerts.append(
            ['a1', 'a2', 'a3'].map((alert) => anAlert({ id: `${alert}-end`, alert, stage: 'closed', group: { n: alert } })),
            ['all'],
          ),
        );
        world.clock.set(world.clock.now() + 600_000);
        expect(third.turn()).toBe(3);
        world.clock.set(world.clock.now() + 600_000);
        expect([third.turn(), third.settle()]).toEqual([0, 0]);
        expect(
          store.notifications
            .newest(10)
            .map(({ document }) => at(document, 'wardline.alert.id'))
            .sort(),
        ).toEqual(['a1', 'a1', 'a2', 'a2', 'a3', 'a3']);
        expect(store.outbox.due('soc', world.clock.now(), 10).map(({ document }) => at(document, 'wardline.notification.reason'))).toEqual([
          'new',
          'new',
          'new',
          'resolved',
          'resolved',
          'resolved',
        ]);
      },
      { beside: false, readOnly: false },
    );
  });

  test('settings that name what is not there are refused, with their place', () => {
    const parsed = settingsSchema.safeParse({
      sources: [{ kind: 'stdin', name: 'in' }],
      sinks,
      notify: { route: { receiver: 'soc', routes: [{ matchers: ['severity="high"'], receiver: 'pager', muteTimeIntervals: ['night'] }] } },
    });
    expect(parsed.error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      ['notify.route.routes.0.receiver', 'there is no sink "pager"; known: all, soc'],
      ['notify.route.routes.0.muteTimeIntervals.0', 'there is no time interval "night"'],
    ]);
  });
});
