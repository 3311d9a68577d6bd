import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { averagePrecision, readSeries, scoreSeries } from '../../scripts/score-beacons/rank.ts';

const file = resolve(import.meta.dirname, '../../../shared/data/logs/beacon-series.ndjson');
const of = (label: string, score: number) => ({ label, score });

test('average precision by hand; of equal scores the benign come first', () => {
  expect(averagePrecision([of('c2', 0.9), of('benign', 0.8), of('c2', 0.7)])).toBeCloseTo((1 + 2 / 3) / 2, 12);
  expect(averagePrecision([of('c2', 0.5), of('benign', 0.5)])).toBe(0.5);
});

test('repeats at one instant, calls within the host and what everybody calls score nothing', () => {
  const every = (seconds: number) => Array.from({ length: 12 }, (_, i) => i * seconds);
  const series = (host: string, dst_ip: string, times: readonly number[]) => ({ host, process: 'p', dst_ip, times, label: 'benign' });
  const all = [
    series('a', '203.0.113.1', every(60)),
    series('a', '127.0.0.1', every(60)),
    series('a', '203.0.113.2', every(0)),
    series('a', '203.0.113.3', every(60)),
    series('b', '203.0.113.3', every(60)),
  ];
  expect(scoreSeries(all).map(({ score }) => score)).toEqual([1, 0, 0, 0, 0]);
});

describe.skipIf(!existsSync(file))('the labelled series', () => {
  test('C2 ranks above everything else', () => {
    const ranked = scoreSeries(readSeries(readFileSync(file, 'utf8')));
    expect(averagePrecision(ranked)).toBeGreaterThanOrEqual(0.9);
    expect(ranked.filter(({ fires, label }) => fires && label !== 'c2')).toEqual([]);
  });
});
