import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { svgChart, textChart } from '../../src/cli/anomaly/chart.ts';
import { collectPoints, type GroupPoints, isDrawn } from '../../src/cli/anomaly/points.ts';
import { eventsOfFiles } from '../../src/cli/events.ts';
import { loadRules } from '../../src/rule/load.ts';
import { standingClock } from '../support/a-run.ts';

const GOLDEN = join(import.meta.dirname, '../golden/anomaly');
const io = { clock: standingClock(0), stop: new AbortController().signal } as never;

/** The group with most alerts. */
async function drawn(kind: string) {
  const paths = [join(GOLDEN, 'member.json'), join(GOLDEN, kind, 'rule.yml')];
  const { ruleset, problems } = loadRules(paths.map((path) => ({ path, text: readFileSync(path, 'utf8') })));
  expect(problems).toEqual([]);
  const [rule] = ruleset.correlations;
  if (rule === undefined) throw new Error(kind);
  const { condition } = rule;
  if (!isDrawn(condition)) throw new Error(condition.kind);
  const points = collectPoints(ruleset, { ...rule, condition });
  for await (const event of eventsOfFiles([join(GOLDEN, kind, 'events.ndjson')], {}, io, { records: 0, unread: 0 })) points.take(event);
  const firedIn = ({ points: all }: GroupPoints): number => all.filter(({ judged }) => judged.known && judged.fired).length;
  const [most] = points.end().toSorted((a, b) => firedIn(b) - firedIn(a));
  if (most === undefined) throw new Error('no group');
  return { points: most.points, title: `judged: ${Object.values(most.group).join(' ')}` };
}

describe.each(['new_value', 'rare', 'peer_group', 'beacon'])('%s', (kind) => {
  test('is drawn for the terminal', async () => {
    await expect(textChart((await drawn(kind)).points)).toMatchFileSnapshot(join(GOLDEN, kind, 'chart.txt'));
  });
  test('is drawn as SVG', async () => {
    const { points, title } = await drawn(kind);
    await expect(svgChart(points, title)).toMatchFileSnapshot(join(GOLDEN, kind, 'chart.svg'));
  });
});
