import { describe, expect, test } from 'vitest';
import { truthOf } from '../../src/detect/truth.ts';
import { similarity } from '../../src/shared/similarity.ts';
import { aDetection, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';

const rowsOf = (detection: object, document: object) =>
  truthOf(aDetection(detection), anEvent(document, { logsource: TEST_LOGSOURCE })).rows;

describe('a truth table', () => {
  test('tells missing, null and empty apart, and shows what is there', () => {
    const rows = rowsOf({ s: { a: 'x', b: 'x', c: 'x', d: 'x', e: [] }, condition: 's' }, { b: null, c: '', d: 'y', e: [] });
    expect(
      rows.filter(({ expected }) => expected === 'x').map(({ condition, state, observed }) => ({ condition, state, observed })),
    ).toEqual([
      { condition: 'a equals', state: 'unfilled', observed: null },
      { condition: 'b equals', state: 'null', observed: null },
      { condition: 'c equals', state: 'empty', observed: '' },
      { condition: 'd equals', state: 'value', observed: 'y' },
    ]);
  });

  test('shows of many alternatives the nearest one, and of a list the nearest element', () => {
    const [row] = rowsOf({ s: { path: ['/bin/sh', '/usr/bin/curl', '/usr/bin/nc'] }, condition: 's' }, { path: ['zzz', '/usr/bin/curl7'] });
    expect(row).toMatchObject({ held: false, expected: '/usr/bin/curl', alternatives: 3, observed: '/usr/bin/curl7' });
  });

  test('counts the answers that would have to change', () => {
    const rule = aDetection({ s: { a: '1', b: '2', c: '3' }, f: { d: '4' }, condition: 's and not f' });
    expect(truthOf(rule, anEvent({ a: '1', b: '2', c: '3' }, { logsource: TEST_LOGSOURCE })).missing).toBe(0);
    expect(truthOf(rule, anEvent({ a: '1', d: '4' }, { logsource: TEST_LOGSOURCE })).missing).toBe(3);
    const either = aDetection({ s: { a: '1', b: '2' }, t: { c: '3' }, condition: 's or t' });
    expect(truthOf(either, anEvent({}, { logsource: TEST_LOGSOURCE })).missing).toBe(1);
  });
});

test('texts are alike by the runs they share, whatever their case', () => {
  expect(similarity('abc', 'ABC')).toBe(1);
  expect(similarity('abc', 'xyz')).toBe(0);
  expect(similarity('/usr/bin/curl7', '/usr/bin/curl')).toBeGreaterThan(similarity('/usr/bin/curl7', '/usr/bin/nc'));
});
