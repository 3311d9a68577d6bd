import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { textChart } from '../../src/cli/anomaly/chart.ts';
import { collectPoints, isDrawn } from '../../src/cli/anomaly/points.ts';
import { svgChart } from '../../src/cli/anomaly/svg.ts';
import { eventsOfFiles } from '../../src/cli/events.ts';
import { createCorrelator } from '../../src/correlate/correlator.ts';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import type { Event } from '../../src/event/event.ts';
import type { PaneAnomaly } from '../../src/rule/ir/anomaly.ts';
import { loadRules } from '../../src/rule/load.ts';
import type { JsonValue } from '../../src/shared/json.ts';
import { standingClock } from '../support/a-run.ts';

const GOLDEN = join(import.meta.dirname, '../golden/anomaly');
const READING = { room: 1000, allowedLateness: 300_000_000_000n };
const io = { clock: standingClock(0), stop: new AbortController().signal } as never;

async function read(kind: string) {
  const paths = [join(GOLDEN, 'member.json'), join(GOLDEN, kind, 'rule.yml')];
  const { ruleset, problems } = loadRules(paths.map((path) => ({ path, text: readFileSync(path, 'utf8') })));
  expect(problems).toEqual([]);
  const [rule] = ruleset.correlations;
  if (rule === undefined) throw new Error(kind);
  const { condition } = rule;
  if (!isDrawn(condition)) throw new Error(condition.kind);
  const events: Event[] = [];
  for await (const event of eventsOfFiles([join(GOLDEN, kind, 'events.ndjson')], {}, io, { records: 0, unread: 0 })) events.push(event);
  return { ruleset, rule: { ...rule, condition }, events };
}

/** The group that fired most. */
async function drawn(kind: string) {
  const { ruleset, rule, events } = await read(kind);
  const points = collectPoints(ruleset, rule, READING);
  for (const event of events) points.take(event, Number(event.time / 1_000_000n));
  const [most] = await points.end();
  if (most === undefined) throw new Error('no group');
  return { points: most.points, title: `judged: ${Object.values(most.group).join(' ')}` };
}

const KINDS = ['new_value', 'rare', 'peer_group', 'beacon', 'absence'];

describe.each(KINDS)('%s', (kind) => {
  test('is drawn for the terminal', async () => {
    await expect(textChart((await drawn(kind)).points)).toMatchFileSnapshot(join(GOLDEN, kind, 'chart.txt'));
  });
  test('is drawn as SVG', async () => {
    const { points, title } = await drawn(kind);
    await expect(svgChart(points, title)).toMatchFileSnapshot(join(GOLDEN, kind, 'chart.svg'));
  });
});

describe('what is drawn as fired is what the engine fires', () => {
  test.each(KINDS)('%s', async (kind) => {
    const { ruleset, rule, events } = await read(kind);
    const points = collectPoints(ruleset, rule, READING);
    for (const event of events) points.take(event, Number(event.time / 1_000_000n));
    // A time without matches is drawn where it begins.
    const after = rule.condition.kind === 'absence' ? rule.timespan : 0n;
    const drawnTimes = (await points.end()).flatMap(({ points: all }) =>
      all.filter(({ judged }) => judged.known && judged.fired).map(({ start }) => start + after),
    );
    // An instant of its own for each, so that each is an episode of its own.
    const correlator = createCorrelator({ ...ruleset, correlations: [{ ...rule, options: { keepAlive: 1n } }] });
    const matcher = createMatcher(ruleset.detections);
    const found = createMatchBuffer();
    for (const event of events) {
      found.count = 0;
      matcher.match(event, found);
      const fields: Record<string, JsonValue> = {};
      for (const name of ['user.name', 'host.name', 'process.name', 'destination.ip', 'source.geo.country_iso_code', 'user.group.name']) {
        const value = event.field(name);
        if (value !== undefined) fields[name] = value;
      }
      if (found.count > 0)
        correlator.apply({
          kind: 'match',
          match: { rule: 'member', origin: event.origin, time: event.time, appendedAt: 0, lateness: 'in_time', fields, ecs: {} },
        });
    }
    const firedTimes = correlator
      .apply({ kind: 'end', newest: events.at(-1)?.time })
      .filter(({ stage }) => stage === 'opened')
      .map(({ window }) => window.end);
    expect(drawnTimes.length).toBeGreaterThan(0);
    expect(drawnTimes.sort()).toEqual(firedTimes.sort());
  });
});

test('matches that lack the field that the rule compares are counted, and not drawn', async () => {
  const { ruleset, rule, events } = await read('new_value');
  const { condition } = rule;
  const points = collectPoints(ruleset, { ...rule, condition: { ...condition, fields: ['no.such'] } as typeof condition }, READING);
  for (const event of events) points.take(event, Number(event.time / 1_000_000n));
  expect((await points.end()).flatMap((group) => group.points)).toEqual([]);
  expect(points.tally()).toEqual({
    matches: 21,
    ungrouped: 0,
    lacking: new Map([['no.such', 21]]),
    unvalued: 0,
    late: { count: 0, times: [] },
  });
});

test('years of panes of a millisecond are left when it is told to stop', async () => {
  const { ruleset, rule, events } = await read('new_value');
  const condition: PaneAnomaly = { kind: 'change', metric: 'count', fields: [], threshold: 11.5, forget: 10n ** 18n };
  const stop = new AbortController();
  const points = collectPoints(ruleset, { ...rule, condition, timespan: 1_000_000n }, { ...READING, stop: stop.signal });
  for (const event of events) points.take(event, Number(event.time / 1_000_000n));
  const end = points.end();
  stop.abort();
  expect(await end).toEqual([]);
});
