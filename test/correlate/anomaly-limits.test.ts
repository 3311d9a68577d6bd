import { expect, test } from 'vitest';
import { change, newSeries, observe, SERIES_WARM_UP } from '../../src/correlate/detectors/series.ts';
import { ANOMALY_BOUNDS } from '../../src/rule/ir/anomaly-bounds.ts';

test('what rules are checked against is what the state holds', () => {
  expect(ANOMALY_BOUNDS.learnedPanes).toBe(SERIES_WARM_UP);
});

test('no change of a series comes to more than the greatest score that a threshold may ask for', () => {
  const { views } = observe(newSeries(), 0, 1);
  // Each view says 20 at most, of which the first is nothing.
  expect(ANOMALY_BOUNDS.surprise).toBe(19 * views.length);
  const own = { past: change(ANOMALY_BOUNDS.surprise).initial() };
  const detector = change(ANOMALY_BOUNDS.surprise);
  const fired = Array.from({ length: 400 }, (_, pane) => detector.judge(own, pane * 300, pane < 300 ? pane % 7 : 10 ** (pane - 290)));
  expect(fired.some((one) => one.known && one.fired)).toBe(false);
});
