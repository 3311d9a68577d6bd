import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readRuleFiles } from '../../src/rule/files.ts';
import { openDatabase } from '../../src/store/sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-security-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('S66: the sqlite file', () => {
  const path = join(folder, 'data', 'w.db');
  test('is readable by its owner alone', () => {
    openDatabase(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  });

  test.each([
    [`ATTACH DATABASE '${join(folder, 'other.db')}' AS other`],
    ['PRAGMA writable_schema = ON'],
    ['PRAGMA trusted_schema = ON'],
    ['PRAGMA temp_store_directory = "/tmp"'],
    [`SELECT load_extension('x')`],
  ])('does nothing for: %s', (sql) => {
    const database = openDatabase(path);
    expect(() => database.prepare(sql).all()).toThrow();
    database.close();
  });

  test('a store that is opened to be read cannot be written', () => {
    const database = openDatabase(path, { readOnly: true });
    expect(() => database.prepare('DELETE FROM ledger').run()).toThrow();
    database.close();
  });
});

describe('S18: rule files', () => {
  test('links are not followed, whatever they point to, and only rule files of the folder are read', () => {
    const rules = join(folder, 'rules');
    mkdirSync(join(rules, 'inside'), { recursive: true });
    writeFileSync(join(folder, 'secret.yml'), 'secret: 1');
    writeFileSync(join(rules, 'inside', 'rule.yml'), 'title: x');
    writeFileSync(join(rules, 'notes.txt'), 'not a rule');
    symlinkSync(join(folder, 'secret.yml'), join(rules, 'link.yml'));
    symlinkSync(folder, join(rules, 'up'));
    symlinkSync('/etc', join(rules, 'etc'));
    expect(readRuleFiles([rules]).map(({ path }) => path)).toEqual([join(rules, 'inside', 'rule.yml')]);
  });
});
