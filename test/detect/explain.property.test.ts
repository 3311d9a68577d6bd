import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createExplainer, MAX_STEPS, stepOf } from '../../src/detect/explain.ts';
import { evaluate } from '../../src/detect/reference.ts';
import type { Event } from '../../src/event/event.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import type { Expr } from '../../src/rule/ir/expr.ts';
import { aDetection, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';
import { event, expr } from './generated.ts';

const base = aDetection({ s: { f: 'x' }, condition: 's' });
const routes = createRouteTable();
const see = (document: object): Event => anEvent(document, { format: 'json', logsource: TEST_LOGSOURCE }, routes);

/** The expression where only the answers that were told are known: true, false, or undefined for "cannot be said". */
function decided(one: Expr, seen: Event, told: ReadonlySet<string>): boolean | undefined {
  if (one.op === 'constant') return one.value;
  if (one.op === 'not') {
    const inner = decided(one.of, seen, told);
    return inner === undefined ? undefined : !inner;
  }
  if (one.op === 'and' || one.op === 'or') {
    const members = one.of.map((member) => decided(member, seen, told));
    const settles = one.op === 'or';
    if (members.includes(settles)) return settles;
    return members.includes(undefined) ? undefined : !settles;
  }
  const holds = evaluate(one, seen);
  const { condition, expected } = stepOf(one, holds, undefined);
  return told.has(JSON.stringify([condition, expected])) ? holds : undefined;
}

test('what is told of a match is enough to decide that the rule holds', () => {
  let told = 0;
  fc.assert(
    fc.property(expr, event, (one, document) => {
      const seen = see(document);
      if (!evaluate(one, seen)) return;
      const steps = createExplainer()({ ...base, expr: one }, seen);
      if (steps.length === MAX_STEPS) return;
      told++;
      const known = new Set(steps.map(({ condition, expected }) => JSON.stringify([condition, expected])));
      expect(decided(one, seen, known)).toBe(true);
    }),
    { numRuns: 600 },
  );
  expect(told).toBeGreaterThan(50);
});

test('steps say field, question, expected and observed value; long values are cut', () => {
  const rule = aDetection({
    s: { 'Image|endswith': '\\cmd.exe', 'CommandLine|contains': ['one', 'two'] },
    f: { 'User|startswith': 'svc' },
    k: ['needle'],
    condition: 's and not f and k',
  });
  const steps = createExplainer()(rule, see({ Image: 'C:\\cmd.exe', CommandLine: `two ${'x'.repeat(500)}`, note: 'a needle' }));
  expect(steps).toEqual([
    { condition: 'Image ends with', expected: '\\cmd.exe', observed: 'C:\\cmd.exe' },
    { condition: 'CommandLine contains', expected: 'two', observed: `two ${'x'.repeat(252)}…` },
    { condition: 'not User starts with', expected: 'svc', observed: null },
    { condition: 'any value equals', expected: 'needle', observed: null },
  ]);
});

test('a rule with a thousand exclusions tells twenty steps', () => {
  const rule = aDetection({ s: { a: 1 }, f: { 'b|contains': Array.from({ length: 1000 }, (_, i) => `x${i}`) }, condition: 's and not f' });
  expect(createExplainer()(rule, see({ a: 1, b: 'y' }))).toHaveLength(MAX_STEPS);
});

test('flags of patterns and letter case that counts are told', () => {
  const steps = (detection: object, document: object) => createExplainer()(aDetection({ s: detection, condition: 's' }), see(document));
  expect(steps({ 'f|re|i|m|s': '^a.b$', 'g|re': 'c' }, { f: 'x\nA\nB', g: 'c' })).toEqual([
    { condition: 'f matches (i, m, s)', expected: '^a.b$', observed: 'x\nA\nB' },
    { condition: 'g matches', expected: 'c', observed: 'c' },
  ]);
  expect(steps({ 'f|cased|contains': 'Ab', 'g|cased': 'C', 'h|fieldref|cased': 'g' }, { f: 'xAby', g: 'C', h: 'C' })).toEqual([
    { condition: 'f contains (cased)', expected: 'Ab', observed: 'xAby' },
    { condition: 'g equals (cased)', expected: 'C', observed: 'C' },
    { condition: 'h equals the field (cased)', expected: 'g', observed: 'C' },
  ]);
});
