import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const docs = resolve(import.meta.dirname, '../../docs');
const read = (name: string) => readFileSync(join(docs, name), 'utf8');
const metricsIn = (text: string): string[] => [...text.matchAll(/`(wardline_\w+)`/g)].map(([, name = '']) => name);

test('every way to miss data that is published names metrics that there are', () => {
  const known = new Set(metricsIn(read('metrics.md')));
  const named = metricsIn(read('missed.md'));
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  expect(new Set(named).size).toBeGreaterThan(12);
});

test('every metric of something that is lost, late, refused or hidden is named there', () => {
  const lossy = metricsIn(read('metrics.md')).filter((name) =>
    /gaps|late_total|too_late|evict|dead|refused_total|hidden|undecided|left_out/.test(name),
  );
  const named = new Set(metricsIn(read('missed.md')));
  // The parts of a sum, and callers that the admin port turned away.
  const others = ['wardline_state_evicted_advanced', 'wardline_admin_refused_total'];
  expect([...new Set(lossy)].filter((name) => !named.has(name) && !others.includes(name))).toEqual([]);
});

test('seeds and figures of the simulation are published', () => {
  expect(read('simulation.md')).toMatch(/Seeds [\d,]+ to [\d,]+ printed [\d,]+ alerts/);
});
