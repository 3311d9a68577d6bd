import { expect, test } from 'vitest';
import { newBag } from '../../src/shared/bag.ts';

test('holds nothing that was not put in, under any name', () => {
  const bag = newBag<number>();
  for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf', '']) expect(bag[name]).toBeUndefined();
  expect(Object.keys(bag)).toEqual([]);
});

test('takes every name as its own and prints as an object', () => {
  const bag = newBag<number>();
  const names = ['__proto__', 'constructor', 'a', 'toString'];
  for (const [i, name] of names.entries()) bag[name] = i;
  expect(Object.entries(bag)).toEqual(names.map((name, i) => [name, i]));
  expect(JSON.stringify(bag)).toBe('{"__proto__":0,"constructor":1,"a":2,"toString":3}');
  expect(Object.hasOwn(bag, '__proto__')).toBe(true);
  expect(newBag()['a']).toBeUndefined();
});
