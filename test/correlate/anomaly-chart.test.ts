import { expect, test } from 'vitest';
import { svgChart, textChart } from '../../src/cli/anomaly/chart.ts';
import type { PanePoint } from '../../src/correlate/conditions/panes.ts';

const HOUR = 3_600_000_000_000n;
const judged = (fired: boolean) => ({ known: true as const, fired, baseline: 'b', expected: 3, low: 0, high: 20, confidence: 0.8 });
const points: readonly PanePoint[] = [
  { start: 0n, value: 2, judged: { known: false, learned: 1, needed: 1 } },
  { start: HOUR, value: 4, judged: judged(false) },
  { start: 2n * HOUR, value: 60, judged: judged(true) },
];

test('a chart for the terminal shows band, expectation, observation, what fired and what is learned', () => {
  const [learning, usual, fired] = textChart(points).split('\n');
  expect(learning).toMatch(/^1970-01-01T00:00 {3}\? +2 {2}expected learning 1\/1$/);
  expect(usual).toMatch(/^1970-01-01T01:00 ---\|o-{16} +4 {2}expected 3$/);
  expect(fired).toMatch(/^1970-01-01T02:00 ---\|-{17} +\* +60 {2}expected 3 {2}fired, confidence 0\.80$/);
});

test('a drawing marks what fired and holds names of data as text', () => {
  const svg = svgChart(points, 'rule: user.name=<script>"&');
  expect(svg.match(/<circle /g)).toHaveLength(1);
  expect(svg).toContain('&lt;script&gt;&quot;&amp;');
  expect(svg).not.toContain('<script>');
});
