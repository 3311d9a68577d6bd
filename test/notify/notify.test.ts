import { describe, expect, test } from 'vitest';
import { checkNotify } from '../../src/notify/check.ts';
import type { AlertFacts } from '../../src/notify/facts.ts';
import { labelsOf } from '../../src/notify/labels.ts';
import { compileMatchers, parseMatcher } from '../../src/notify/matcher.ts';
import { createNotifier } from '../../src/notify/reducer.ts';
import { compileRoute, routesFor } from '../../src/notify/route.ts';
import { notifySettings } from '../../src/notify/settings.ts';
import { isWithin } from '../../src/notify/time-interval.ts';

const alert = (id: string, labels: Record<string, string[]> = {}, more: Partial<AlertFacts> = {}): AlertFacts => ({
  id,
  labels,
  severity: 3,
  status: 'firing',
  acknowledged: false,
  buildingBlock: false,
  startsAt: '',
  endsAt: undefined,
  summary: 's',
  reason: 'r',
  url: undefined,
  ...more,
});
const MINUTE = 60_000;

describe('matchers', () => {
  const holds = (text: string, labels: Record<string, string[]>): boolean => {
    const matcher = parseMatcher(text);
    if (matcher === undefined) throw new Error(`no matcher: ${text}`);
    return compileMatchers([matcher])(labels);
  };
  test.each<[string, Record<string, string[]>, boolean]>([
    ['severity="high"', { severity: ['high'] }, true],
    ['severity=high', { severity: ['high'] }, true],
    ['severity="high"', { severity: ['higher'] }, false],
    ['severity!="high"', {}, true],
    ['severity=""', {}, true],
    ['alertname=~"SSH.*"', { alertname: ['SSH brute force'] }, true],
    ['alertname=~"brute"', { alertname: ['SSH brute force'] }, false],
    ['alertname!~"a|b"', { alertname: ['ab'] }, true],
    ['tags="x"', { tags: ['y', 'x'] }, true],
    ['tags!="x"', { tags: ['y', 'x'] }, false],
    ['user.name="a\\"b"', { 'user.name': ['a"b'] }, true],
  ])('%s of %j is %s', (text, labels, wanted) => expect(holds(text, labels)).toBe(wanted));

  test.each(['', 'severity', '="x"', 'a b="c"', 'a=="c"'])('%j is no matcher', (text) => expect(parseMatcher(text)).toBeUndefined());

  test('a regular expression that is not linear is refused where it stands', () => {
    const parsed = notifySettings.safeParse({ route: { receiver: 'r', routes: [{ matchers: ['a=~"(?=x)"'] }] } });
    expect(parsed.error?.issues[0]?.path).toEqual(['route', 'routes', 0, 'matchers', 0]);
  });
});

test('labels are the rule, its group by both spellings, labels of rule and settings; none can pose as another', () => {
  const labels = labelsOf({
    rule: { name: 'N', id: 'r' },
    tags: ['t1', 't2'],
    labels: { team: 'soc', severity: 'none' },
    wardline: { alert: { severity: 'high', kind: 'match', group: { 'user.name': 'a' } } },
  });
  expect(labels).toEqual({
    team: ['soc'],
    'user.name': ['a'],
    user_name: ['a'],
    alertname: ['N'],
    rule_id: ['r'],
    severity: ['high'],
    kind: ['match'],
    tags: ['t1', 't2'],
  });
});

describe('routes', () => {
  const root = compileRoute(
    notifySettings.parse({
      route: {
        receiver: 'default',
        groupBy: ['a'],
        groupWait: '10s',
        routes: [
          { matchers: ['team="x"'], receiver: 'x', routes: [{ matchers: ['severity="high"'], groupBy: ['b'] }] },
          { matchers: ['team=~"x|y"'], receiver: 'y', continue: true },
          { matchers: ['severity="high"'], receiver: 'high' },
        ],
      },
    }).route,
  );
  const receivers = (labels: Record<string, string[]>): string[] => routesFor(root, labels).map(({ receiver }) => receiver);
  test('the first that matches wins, the deepest of it, and the root takes the rest', () => {
    expect(receivers({ team: ['x'], severity: ['high'] })).toEqual(['x']);
    expect(receivers({ team: ['y'], severity: ['high'] })).toEqual(['y', 'high']);
    expect(receivers({ team: ['z'] })).toEqual(['default']);
  });
  test('a child takes over what it does not say', () => {
    const [route] = routesFor(root, { team: ['x'], severity: ['high'] });
    expect(route).toMatchObject({ groupBy: ['b'], groupWaitMs: 10_000, repeatIntervalMs: 4 * 60 * MINUTE });
    expect(route?.path).toBe('{}/0{team="x"}/0{severity="high"}');
  });
  test('names of sinks and intervals are checked', () => {
    const settings = notifySettings.parse({
      route: { matchers: ['a="b"'], routes: [{ receiver: 'nobody', muteTimeIntervals: ['night'] }] },
    });
    expect(checkNotify(settings, ['soc']).map(({ path }) => path.join('.'))).toEqual([
      'route',
      'route.matchers',
      'route.routes.0.receiver',
      'route.routes.0.muteTimeIntervals.0',
    ]);
  });
});

test('time intervals are parts of the week in a zone', () => {
  const [night] = notifySettings.parse({
    route: { receiver: 'r' },
    timeIntervals: [
      {
        name: 'night',
        ranges: [
          {
            weekdays: ['monday:friday'],
            times: [
              { from: '22:00', to: '24:00' },
              { from: '00:00', to: '06:00' },
            ],
            zone: 'Europe/Berlin',
          },
          { weekdays: ['sunday'] },
        ],
      },
    ],
  }).timeIntervals;
  if (night === undefined) throw new Error('no interval');
  // 2026-11-20 is a Friday; Berlin is an hour ahead of UTC.
  expect(isWithin(night, Date.parse('2026-11-20T21:00:00Z'))).toBe(true);
  expect(isWithin(night, Date.parse('2026-11-20T20:59:00Z'))).toBe(false);
  expect(isWithin(night, Date.parse('2026-11-20T05:00:00Z'))).toBe(false);
  expect(isWithin(night, Date.parse('2026-11-22T12:00:00Z'))).toBe(true);
});

describe('what is told', () => {
  const quick = { receiver: 'soc', groupBy: ['...'], groupWait: '0s', groupInterval: '1m', repeatInterval: '1h' };
  test('an attack that is over before anyone could be told is told all the same', () => {
    const notifier = createNotifier(notifySettings.parse({ route: { ...quick, groupWait: '30s' } }));
    notifier.alert(alert('a'), 0);
    notifier.alert(alert('a', {}, { status: 'resolved' }), 10);
    expect(notifier.tick(30_000).notifications).toMatchObject([{ reason: 'new', status: 'resolved', alerts: [{ id: 'a' }] }]);
    expect(notifier.tick(10 * MINUTE).notifications).toEqual([]);
    expect(notifier.nextDue()).toBeUndefined();
  });
  test('an acknowledged alert is not repeated, its end is told', () => {
    const notifier = createNotifier(notifySettings.parse({ route: quick }));
    notifier.alert(alert('a'), 0);
    expect(notifier.tick(0).notifications).toHaveLength(1);
    notifier.alert(alert('a', {}, { acknowledged: true }), 1);
    expect(notifier.tick(3 * 60 * MINUTE).notifications).toEqual([]);
    notifier.alert(alert('a', {}, { status: 'resolved' }), 4 * 60 * MINUTE);
    expect(notifier.tick(5 * 60 * MINUTE).notifications).toMatchObject([{ reason: 'resolved' }]);
  });
  test('what a muted route could not tell is told when it is muted no more, also if it is over', () => {
    const night = { name: 'night', ranges: [{ times: [{ from: '00:00', to: '06:00' }] }] };
    const notifier = createNotifier(notifySettings.parse({ route: { ...quick, muteTimeIntervals: ['night'] }, timeIntervals: [night] }));
    notifier.alert(alert('a'), 0);
    expect(notifier.tick(0)).toMatchObject({ notifications: [], decisions: [{ decision: 'muted', by: 'night' }] });
    notifier.alert(alert('a', {}, { status: 'resolved' }), MINUTE);
    expect(notifier.tick(5 * 60 * MINUTE).notifications).toEqual([]);
    expect(notifier.tick(6 * 60 * MINUTE).notifications).toMatchObject([{ reason: 'new', status: 'resolved' }]);
  });
  test('every decision names its reason, once as long as it stays', () => {
    const settings = notifySettings.parse({
      route: quick,
      inhibit: [{ name: 'i', source: ['severity="high"'], target: ['severity="low"'] }],
      silences: [{ id: 's', matchers: ['severity="high"'], starts: '1970-01-01', ends: '1970-01-02', owner: 'o', comment: 'c' }],
    });
    const notifier = createNotifier(settings);
    notifier.alert(alert('high', { severity: ['high'] }), 0);
    notifier.alert(alert('low', { severity: ['low'] }), 0);
    notifier.alert(alert('block', {}, { buildingBlock: true }), 0);
    // A silenced source inhibits all the same.
    const { decisions } = notifier.tick(0);
    expect(decisions.map(({ alert: id, decision, by }) => [id, decision, by])).toEqual([
      ['high', 'silenced', 's'],
      ['low', 'inhibited', 'i by high'],
    ]);
    expect(notifier.tick(MINUTE).decisions).toEqual([]);
    expect(notifier.tick(24 * 60 * MINUTE).decisions).toMatchObject([{ alert: 'high', decision: 'notified', by: 'new' }]);
  });
  test('two alerts that are source and target both ways do not silence each other', () => {
    const rule = { name: 'i', source: ['team="x"'], target: ['team="x"'] };
    const notifier = createNotifier(notifySettings.parse({ route: quick, inhibit: [rule] }));
    notifier.alert(alert('a', { team: ['x'] }), 0);
    notifier.alert(alert('b', { team: ['x'] }), 0);
    expect(notifier.tick(0).notifications).toHaveLength(2);
  });
  test('beyond its limit the alert that came first is forgotten, said so, and nothing is silenced by it any more', () => {
    const rule = { name: 'i', source: ['k="s"'], target: ['k="t"'] };
    const notifier = createNotifier(notifySettings.parse({ route: quick, inhibit: [rule] }), undefined, 2);
    notifier.alert(alert('source', { k: ['s'] }), 0);
    notifier.alert(alert('one', { k: ['t'] }), 0);
    expect(notifier.alert(alert('two', { k: ['t'] }), 0).decisions).toMatchObject([
      { alert: 'source', decision: 'dropped' },
      { alert: 'two' },
    ]);
    expect(notifier.tick(0).notifications.map(({ alerts: [first] }) => first?.id)).toEqual(['one', 'two']);
  });
  test('routes that changed take over what still fires', () => {
    const before = createNotifier(notifySettings.parse({ route: { ...quick, routes: [{ matchers: ['team="x"'], receiver: 'x' }] } }));
    before.alert(alert('a', { team: ['x'] }), 0);
    before.tick(0);
    const after = createNotifier(notifySettings.parse({ route: quick }), before.snapshot());
    expect(after.tick(MINUTE).notifications).toMatchObject([{ receiver: 'soc', alerts: [{ id: 'a' }] }]);
  });
});
