import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createExceptions } from '../../src/detect/exceptions.ts';
import { evaluate } from '../../src/detect/reference.ts';
import type { LedgerEntry } from '../../src/evidence/entry.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import { exceptionReport } from '../../src/report/exceptions.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import { at } from '../../src/shared/nested.ts';
import { event, expr } from '../detect/generated.ts';
import { rulesetOf, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { aWorld, type World } from '../support/a-run.ts';
import { anEvent } from '../support/an-event.ts';

const seen = {
  title: 'Seen',
  id: 'seen',
  level: 'high',
  tags: ['attack.t1110'],
  logsource: TEST_LOGSOURCE,
  detection: { s: { word: 'seen' }, condition: 's' },
  wardline: { alert: { dedup: 'each' } },
};
const burst = {
  title: 'Burst',
  id: 'burst',
  level: 'critical',
  correlation: { type: 'event_count', rules: ['seen'], 'group-by': ['user.name'], timespan: '1h', condition: { gte: 2 }, generate: true },
};
const exception = (more: object = {}) => ({
  kind: 'Exception',
  id: 'scanner',
  rules: ['seen'],
  when: { 'source.ip|cidr': '10.0.0.0/8' },
  owner: 'soc@example.org',
  ticket: 'SEC-7',
  reason: 'the scanner of the audit team',
  starts: '2026-11-20T00:00:00Z',
  expires: '2026-11-21',
  ...more,
});
const seenFrom = (address: string, minute = 0, day = 20) => ({
  word: 'seen',
  ecs: { version: '8.11.0' },
  user: { name: 'u' },
  source: { ip: address },
  '@timestamp': new Date(Date.UTC(2026, 10, day, 8, minute)).toISOString(),
});

let world: World;
beforeEach(() => {
  world = aWorld();
});
afterEach(() => world.remove());

const opened = (rule: string) =>
  world.documents().filter((document) => at(document, 'rule.id') === rule && at(document, 'wardline.alert.stage') === 'opened');
const effects = (asOf = Date.UTC(2026, 10, 20, 12)) =>
  world.withStore((store) => exceptionReport(store.ledger.entries() as unknown as Iterable<LedgerEntry>, asOf));

describe('an exception', () => {
  test('hides exactly the matches it is about, within its time of events, and the ledger says which', async () => {
    await world.run(rulesetOf(seen, exception()), [
      seenFrom('10.1.2.3', 0),
      seenFrom('192.0.2.1', 1),
      seenFrom('10.1.2.4', 2),
      seenFrom('10.1.2.5', 3, 21),
      seenFrom('10.1.2.6', 4, 19),
    ]);
    expect(opened('seen').map((document) => at(document, 'source.ip'))).toEqual(['192.0.2.1', '10.1.2.5', '10.1.2.6']);
    expect(effects()).toMatchObject([
      {
        id: 'scanner',
        state: 'in force',
        definition: { owner: 'soc@example.org', ticket: 'SEC-7', rules: ['seen'] },
        matches: [{ rule: 'seen', effect: 'suppress', count: 2 }],
        total: 2,
        first: '2026-11-20T08:00Z',
        last: '2026-11-20T08:02Z',
      },
    ]);
    expect(effects()[0]?.samples).toHaveLength(2);
    expect(effects(Date.UTC(2026, 10, 22))).toMatchObject([{ state: 'expired' }]);
    world.withStore((store) => expect(verifyChain([...store.ledger.entries()]).faults).toEqual([]));
  });

  test('named for a detection, it hides the match from the correlations it feeds as well', async () => {
    await world.run(rulesetOf(seen, burst, exception()), [seenFrom('10.0.0.1'), seenFrom('10.0.0.2', 1)]);
    expect(world.documents()).toEqual([]);
  });

  test('named for a correlation, it hides the match from that one alone', async () => {
    await world.run(rulesetOf(seen, burst, exception({ rules: ['burst'] })), [seenFrom('10.0.0.1'), seenFrom('10.0.0.2', 1)]);
    expect([opened('seen').length, opened('burst').length]).toEqual([2, 0]);
    expect(effects()).toMatchObject([{ matches: [{ rule: 'burst', effect: 'suppress', count: 2 }] }]);
  });

  test('that lowers gives the alert the lower level where it holds for every event, and names itself', async () => {
    const lower = exception({ effect: 'lower', level: 'informational', rules: ['seen', 'burst'] });
    await world.run(rulesetOf(seen, burst, lower), [seenFrom('10.0.0.1'), seenFrom('192.0.2.1', 1)]);
    const [covered = {}, open = {}] = opened('seen');
    expect([at(covered, 'wardline.alert.severity'), at(covered, 'event.risk_score'), at(covered, 'wardline.alert.exceptions')]).toEqual([
      'informational',
      10,
      ['scanner'],
    ]);
    expect([at(open, 'wardline.alert.severity'), at(open, 'wardline.alert.exceptions')]).toEqual(['high', []]);
    const [mixed = {}] = opened('burst');
    expect([at(mixed, 'wardline.alert.severity'), at(mixed, 'wardline.alert.exceptions')]).toEqual(['critical', ['scanner']]);
  });

  test('is part of the digest of the ruleset, found by tag, and gone when its file is', async () => {
    const without = rulesetOf(seen);
    const tagged = rulesetOf(seen, exception({ rules: [], tags: ['attack.t1110'] }));
    expect(tagged.exceptions).toMatchObject([{ rules: ['seen'] }]);
    expect(tagged.digest).not.toBe(without.digest);
    expect(rulesetOf(seen, exception({ reason: 'another' })).digest).not.toBe(rulesetOf(seen, exception()).digest);
    await world.run(tagged, [seenFrom('10.0.0.1')]);
    await world.run(without, [seenFrom('10.0.0.1')]);
    expect(opened('seen')).toHaveLength(1);
    expect(effects()).toMatchObject([{ id: 'scanner', state: 'removed', total: 1 }]);
  });
});

test('the exceptions that hold for a match are those that a plain reading of each finds', () => {
  const base = rulesetOf(seen, exception());
  const [one] = base.exceptions;
  if (one === undefined) throw new Error('no exception');
  const time = fc.bigInt({ min: 0n, max: 5n });
  fc.assert(
    fc.property(
      fc.array(fc.record({ expr, starts: time, expires: time }), { maxLength: 5 }),
      event,
      fc.integer({ min: 0, max: 5 }),
      (written, document, ms) => {
        const exceptions: Ruleset['exceptions'] = written.map((parts, i) => ({ ...one, ...parts, id: `e${i}` }));
        const seenNow = anEvent(
          { ...document, '@timestamp': new Date(Date.UTC(2026, 0, 1) + ms).toISOString() },
          { format: 'json', logsource: TEST_LOGSOURCE },
          createRouteTable(),
        );
        const base0 = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
        const shifted = exceptions.map((exc) => ({
          ...exc,
          starts: base0 + exc.starts * 1_000_000n,
          expires: base0 + exc.expires * 1_000_000n,
        }));
        const found = createExceptions(shifted, base.byId)('seen', seenNow).map(({ exception: id }) => id);
        const wanted = shifted
          .filter((exc) => evaluate(exc.expr, seenNow) && exc.starts <= seenNow.time && seenNow.time < exc.expires)
          .map(({ id }) => id);
        expect([...found].sort()).toEqual(wanted.sort());
      },
    ),
    { numRuns: 300 },
  );
});
