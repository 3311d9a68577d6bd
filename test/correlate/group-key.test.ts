import { expect, test } from 'vitest';
import { rememberedKey } from '../../src/correlate/group-key.ts';

test('a key is the JSON of the values, remembered or not', () => {
  const keyOf = rememberedKey();
  const values = ['', 'a', 'a"b', '\u0000', '\ud800', '["a"]', '__proto__', ...Array.from({ length: 9000 }, (_, i) => `user ${i}`)];
  const wrong = (tuple: readonly string[]): boolean => keyOf(tuple) !== JSON.stringify(tuple);
  expect([...values, ...values].filter((value) => wrong([value]) || wrong([value, 'b']))).toEqual([]);
  expect(keyOf([])).toBe('[]');
});
