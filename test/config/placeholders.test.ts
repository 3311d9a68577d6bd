import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { placeholderValues } from '../../src/config/placeholders.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'placeholders-'));
  writeFileSync(join(folder, 'admins.txt'), '# people\r\nada\r\n\r\n grace \n');
  writeFileSync(join(folder, 'none.txt'), '# nobody\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const valuesOf = (text: string) => {
  const { settings, problems } = parseSettings({ path: 'w.yaml', text: `sources: [{kind: stdin, name: a}]\nplaceholders: ${text}\n` }, {});
  expect(problems).toEqual([]);
  return placeholderValues(settings?.placeholders ?? {}, folder);
};

test('values stand in the settings or in a file, one a line', () => {
  expect(valuesOf('{servers: [dc1, dc2], admins: {file: admins.txt}}')).toEqual({ servers: ['dc1', 'dc2'], admins: ['ada', 'grace'] });
});

test.each([
  ['missing.txt', 'placeholders.p: cannot read'],
  ['none.txt', 'holds no value'],
])('%s is an error that names the placeholder', (file, wanted) => {
  expect(() => valuesOf(`{p: {file: ${file}}}`)).toThrow(wanted);
});
