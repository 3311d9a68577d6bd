import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readRuleFiles } from '../../src/rule/files.ts';
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
