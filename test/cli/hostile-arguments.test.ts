import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wardlineIn } from '../support/wardline.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-hostile-'));
  const rule = (id: string, level: string): string =>
    `title: Seen\nid: ${id}\nlogsource: {category: test}\ndetection: {s: {word: seen}, condition: s}\nlevel: ${level}\n`;
  for (const name of ['lv', 'before', 'after', 'empty']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'lv/level.yml'), rule('a', '"\\e]0;pwned\\a\\e[31mhigh"'));
  writeFileSync(join(folder, 'lv/condition.yml'), rule('b', 'high').replace('condition: s', 'condition: "s and \\e[31mx"'));
  writeFileSync(join(folder, 'lv/x\nforged.yml:1:1: error.yml'), 'title: [');
  writeFileSync(join(folder, 'lv/name\u001b[2J.yml'), 'title: [');
  writeFileSync(join(folder, 'after/id.yml'), rule('"\\e[31mid"', 'high'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('S34: what a terminal would obey', () => {
  test.each([
    ['check', 'lv'],
    ['rules', 'diff', 'before', 'after'],
    ['new', 'sigma', '\u001b[31mx'],
    ['\u001b[31mx'],
    ['check', 'no\u001b[31msuch'],
    ['check', '--\u001b[31m'],
    ['run', '-c', 'no\u001b]0;x\u0007'],
    ['fmt', '--check', 'lv'],
    ['explain', 'no\u001b[31m', '-r', 'lv'],
  ])('is shown by number: %j', async (...args) => {
    const { out, err } = await wardlineIn(folder)(...args);
    expect(out + err).not.toBe('');
    expect((out + err).replaceAll('\n', '')).not.toMatch(OBEYED);
  });

  test('a name of a file begins no line', async () => {
    const { out } = await wardlineIn(folder)('check', 'lv');
    expect(out).toContain('u{a}forged');
    expect(out.split('\n').filter((line) => line.startsWith('forged'))).toEqual([]);
  });
});

describe('what is no file', () => {
  test.each([
    ['config', 'show', '-c', '/dev/zero'],
    ['fmt', '--check', '/dev/zero'],
    ['check', '/dev/zero'],
    ['run', '-c', '/dev/zero'],
  ])('is refused: %j', async (...args) => {
    const { code, err } = await wardlineIn(folder)(...args);
    expect(err).toContain('it is a pipe, a socket or a device, not a file');
    expect(code).toBe(2);
  });

  test('settings beyond the limit are refused', async () => {
    writeFileSync(join(folder, 'large.yaml'), Buffer.alloc(16 * 1024 * 1024 + 1, '#'));
    const { code, err } = await wardlineIn(folder)('config', 'show', '-c', 'large.yaml');
    expect([code, err]).toEqual([2, expect.stringContaining('larger than 16 MiB')]);
  });

  test.each([
    ['init', '/proc/foo'],
    ['new', 'sigma', 'ok', '--dir', '/proc/x'],
  ])('a folder in which nothing can be made ends: %j', async (...args) => {
    const { code, err } = await wardlineIn(folder)(...args);
    expect([code, err]).toEqual([2, expect.stringContaining('cannot write /proc/')]);
  });

  test('a store that is a folder is said to be one', async () => {
    const { code, err } = await wardlineIn(folder)('alerts', '--store', 'lv');
    expect([code, err]).toEqual([2, expect.stringContaining('lv is a folder')]);
  });
});

describe('a path that is not there is wrong usage', () => {
  test.each([
    ['check', 'nosuch'],
    ['fmt', 'nosuch'],
    ['test', 'nosuch'],
    ['rules', 'diff', 'nosuch', 'lv'],
    ['rules', 'list', '-r', 'nosuch'],
    ['replay', 'lv/level.yml', '-r', 'after', '--compare', 'nosuch'],
    ['parse', 'lv/level.yml', '--rules', 'nosuch'],
    ['policy', 'explain', 'lv/level.yml', '-r', 'nosuch'],
    ['pack', 'sign', 'nosuch', '--key', 'key'],
    ['pack', 'sign', 'lv/level.yml', '--key', 'key'],
    ['pack', 'verify', 'nosuch', '--key', 'key'],
    ['alerts', '--store', 'nosuch.db'],
    ['deliver', 'status', '--store', 'nosuch.db'],
    ['evidence', 'verify', 'nosuch', '--key', 'key'],
    ['run', '-c', 'nosuch.yaml'],
  ])('%j', async (...args) => {
    writeFileSync(join(folder, 'key'), 'no key is looked at before the path');
    const { code, err } = await wardlineIn(folder)(...args);
    expect(err).toMatch(/nosuch|level\.yml/);
    expect(code).toBe(2);
  });
});
