import { lstatSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRuleFileReader, readRuleFiles } from '../../src/rule/files.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';

const folder = mkdtempSync(join(tmpdir(), 'rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

const RULE = 'title: Käfer 中\nlogsource: {product: x}\ndetection: {s: {f: 1}, condition: s}\nid: good\nlevel: low\n';

test.each([
  [
    'latin-1',
    Buffer.from('title: b\nname: caf\xe9\n', 'latin1'),
    '2:10: error yaml/encoding: the byte 0xe9 is no UTF-8; save the file as UTF-8',
  ],
  [
    'a stray byte after other letters',
    Buffer.concat([Buffer.from('# Ä中🐞 '), Buffer.of(0x80, 0x0a)]),
    '1:7: error yaml/encoding: the byte 0x80 is no UTF-8',
  ],
  ['a character cut off', Buffer.from('title: 中').subarray(0, -1), '1:8: error yaml/encoding: the byte 0xe4 is no UTF-8'],
  ['one byte', Buffer.of(0xff), '1:1: error yaml/encoding: the byte 0xff is no UTF-8'],
  ['a surrogate', Buffer.of(0x61, 0xed, 0xa0, 0x80), '1:2: error yaml/encoding: the byte 0xed is no UTF-8'],
  ['UTF-16', Buffer.from('\ufefftitle: b\n', 'utf16le'), '1:1: error yaml/encoding: the file is UTF-16; save it as UTF-8'],
])('%s is said with its place, and the other files are rules', (_, bytes, said) => {
  writeFileSync(join(folder, 'bad.yml'), bytes);
  writeFileSync(join(folder, 'good.yml'), RULE);
  const { ruleset, problems } = loadRules(readRuleFiles([folder]));
  expect(problems.map(problemText)).toEqual([expect.stringContaining(`${join(folder, 'bad.yml')}:${said}`)]);
  expect([...ruleset.byId.keys()]).toEqual(['good']);
});

test('a reader that looks again gives the same array while no text changed, and what changed, came and went otherwise', () => {
  const own = join(folder, 'again');
  mkdirSync(own);
  const [a, b] = [join(own, 'a.yml'), join(own, 'b.yml')];
  writeFileSync(a, 'one');
  writeFileSync(b, 'two');
  const read = createRuleFileReader();
  const look = () => read([own]);
  const texts = () => look().map(({ text }) => text);
  const first = look();
  expect(first).toEqual(readRuleFiles([own]));
  expect(look()).toBe(first);
  writeFileSync(b, 'two');
  expect(look()).toBe(first);
  writeFileSync(b, 'deux');
  expect(texts()).toEqual(['one', 'deux']);
  expect(look()[0]).toBe(first[0]);
  rmSync(a);
  expect(texts()).toEqual(['deux']);
  writeFileSync(a, 'un');
  expect(texts()).toEqual(['un', 'deux']);
});

test('a file that changed in the tick in which it was read is read again at the next look', () => {
  const own = join(folder, 'tick.yml');
  const at = new Date('2026-11-20T08:00:00Z');
  writeFileSync(own, 'one');
  const read = createRuleFileReader(() => '1 3 0 0');
  expect(read([own])[0]?.text).toBe('one');
  writeFileSync(own, 'two');
  utimesSync(own, at, at);
  expect(lstatSync(own).size).toBe(3);
  expect(read([own])[0]?.text).toBe('two');
});
