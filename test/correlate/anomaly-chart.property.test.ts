import { parseXml } from '@rgrove/parse-xml';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textChart } from '../../src/cli/anomaly/chart.ts';
import { createCollector } from '../../src/cli/anomaly/collector.ts';
import { svgChart } from '../../src/cli/anomaly/svg.ts';
import type { PanePoint } from '../../src/correlate/conditions/panes.ts';

const SECOND = 1_000_000_000n;
const known = (fired: boolean) => ({ known: true as const, fired, baseline: 'b', expected: 3, low: 0, high: 20, confidence: 0.8 });
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('<', '&', '"', ']]>', '\u0000', '\u001b[31m', '\ud800', '\udc00', '\ufffe', '\uffff', '\u202e', 'a') }),
);

test('a drawing is XML whatever stands in the data', () => {
  fc.assert(
    fc.property(text, text, fc.double(), (title, label, value) => {
      const points = [
        { start: 0n, value, judged: known(true), label },
        { start: SECOND, value: 1, judged: known(false), skipped: 3 },
      ];
      const { root } = parseXml(svgChart(points, title));
      expect(root?.name).toBe('svg');
      expect(root?.text).not.toContain('\u001b');
    }),
  );
  expect(parseXml(svgChart([], 'nothing')).root?.text).toContain('nothing to draw');
});

/** A pane: fired, with a match, or idle. */
const points = fc.array(fc.constantFrom('fired', 'seen', 'idle', 'idle', 'idle', 'long'), { maxLength: 80 }).map((kinds) => {
  let at = 0n;
  return kinds.map((kind): PanePoint => {
    const start = at * SECOND;
    const idle = kind === 'long' ? 7 : 1;
    at += BigInt(idle);
    const point = { start, value: kind === 'fired' ? 60 : kind === 'seen' ? 4 : 0, judged: known(kind === 'fired') };
    return kind === 'idle' || kind === 'long' ? { ...point, idle } : point;
  });
});

test('the last points and those that fired are drawn, with what is around them, and all others are counted', () => {
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 8 }), (all, room) => {
      const collector = createCollector(room, SECOND);
      for (const point of all) collector.add(point);
      const { points: drawn, count, fired, undrawn } = collector.end();
      // Idle panes side by side are one.
      const folded: PanePoint[] = [];
      for (const point of all) {
        const before = folded.at(-1);
        if (before?.idle !== undefined && point.idle !== undefined)
          folded[folded.length - 1] = { ...before, idle: before.idle + point.idle };
        else folded.push(point);
      }
      const firedAt = folded.flatMap((point, i) => (point.value === 60 ? [i] : []));
      const shown = firedAt.slice(-room);
      const wanted = folded.filter(
        ({ value }, i) => i >= folded.length - room || shown.includes(i) || (value !== 60 && shown.some((at) => Math.abs(at - i) <= 2)),
      );
      const panes = (list: readonly PanePoint[]): number => list.reduce((sum, { idle = 1 }) => sum + idle, 0);

      expect(drawn.map(({ start }) => start)).toEqual(wanted.map(({ start }) => start));
      expect(drawn.map(({ idle }) => idle)).toEqual(wanted.map(({ idle }) => idle));
      expect([count, fired]).toEqual([panes(all), firedAt.length]);
      const skipped = drawn.reduce((sum, point) => sum + (point.skipped ?? 0), 0);
      expect(panes(drawn) + skipped).toBe(count);
      expect(undrawn.count).toBe(firedAt.length - shown.length);
      expect(undrawn.times).toEqual(firedAt.slice(0, undrawn.count).map((i) => folded[i]?.start));
      expect(
        textChart(drawn)
          .split('\n')
          .filter((line) => line.startsWith('...')),
      ).toHaveLength(drawn.filter((point) => point.skipped !== undefined).length);
      expect(svgChart(drawn, 't').match(/<circle /g)?.length ?? 0).toBe(shown.length);
    }),
  );
});

test('a long series is drawn, and what is kept of it is bounded', () => {
  const collector = createCollector(1_000_000, SECOND);
  const many = Array.from({ length: 150_000 }, (_, i) => ({ start: BigInt(i) * SECOND, value: i % 7, judged: known(false) }));
  for (const point of many) collector.add(point);
  const { points: drawn } = collector.end();
  expect(textChart(drawn).split('\n')).toHaveLength(150_001);
  expect(svgChart(drawn, 'long').length).toBeGreaterThan(150_000);
  const small = createCollector(5, SECOND);
  for (const point of many) small.add({ ...point, judged: known(true) });
  const { points: few, undrawn } = small.end();
  expect([few.length, undrawn.count, undrawn.times.length]).toEqual([5, 149_995, 100]);
});
