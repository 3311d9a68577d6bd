import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const home = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(home, 'docs/security.md'), 'utf8');
const rows = [...page.matchAll(/^\| (S\d+) +\| (.+?) +\| (.+?) +\|$/gm)].map(([, id = '', what = '', tests = '']) => ({ id, what, tests }));

test('every id of the threat model stands in the table once, in order', () => {
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 65 }, (_, i) => `S${i + 10}`));
});

test('every row names tests that exist, or says that it is open', () => {
  for (const { id, what, tests } of rows) {
    const named = [...tests.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
    expect([id, named.filter((path) => !/^test\/.+\.test\.ts$/.test(path) || !existsSync(join(home, path)))]).toEqual([id, []]);
    if (named.length === 0) expect([id, /^Open: /.test(what)]).toEqual([id, true]);
  }
});

test('what is named in the table as held by a file is that file', () => {
  for (const [, path = ''] of page.matchAll(/`((?:src|docs|deploy)\/[\w./-]+)`/g))
    expect([path, existsSync(join(home, path))]).toEqual([path, true]);
});

test('SECURITY.md says how to report, and how fast an answer comes', () => {
  const text = readFileSync(join(home, 'SECURITY.md'), 'utf8');
  for (const part of ['privately', 'three working days', 'thirty days', 'supported']) expect(text).toContain(part);
});
