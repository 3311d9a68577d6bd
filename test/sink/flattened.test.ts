import { expect, test } from 'vitest';
import { alertTemplate } from '../../src/sink/elasticsearch-template.ts';
import { FLATTENED, withoutNul } from '../../src/sink/flattened.ts';

test('the list names every flattened field of the template', () => {
  const found: string[] = [];
  const walk = (node: unknown, path: readonly string[]): void => {
    if (typeof node !== 'object' || node === null) return;
    if ((node as { type?: unknown }).type === 'flattened') found.push(path.filter((part) => part !== 'properties').join('.'));
    for (const [key, value] of Object.entries(node)) walk(value, [...path, key]);
  };
  const { template } = alertTemplate('x-*') as { template: { mappings: unknown } };
  walk((template.mappings as { properties: unknown }).properties, []);
  expect(FLATTENED.map((path) => path.join('.')).sort()).toEqual(found.sort());
});

test('a NUL is shown in flattened fields and kept in the others', () => {
  const document = {
    message: 'a\0b',
    labels: { 'k\0': 'v\0' },
    wardline: { alert: { group: { 'user.name': ['x\0', 1] }, reason: 'r\0' } },
  };
  expect(withoutNul(document)).toEqual({
    message: 'a\0b',
    labels: { 'k\uFFFD': 'v\uFFFD' },
    wardline: { alert: { group: { 'user.name': ['x\uFFFD', 1] }, reason: 'r\0' } },
  });
  const clean = { message: 'a', labels: { k: 'v' } };
  expect(withoutNul(clean)).toBe(clean);
});
