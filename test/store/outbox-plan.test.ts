import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOutbox } from '../../src/store/outbox.ts';
import { type Database, openDatabase } from '../../src/store/sqlite.ts';

let folder: string;
let database: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-plan-'));
  database = openDatabase(join(folder, 'wardline.db'));
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How sqlite answers every statement that an outbox prepares. */
function plans(): readonly { readonly sql: string; readonly steps: readonly string[] }[] {
  const prepared: string[] = [];
  createOutbox({
    ...database,
    prepare(sql) {
      prepared.push(sql);
      return database.prepare(sql);
    },
  });
  return prepared.map((sql) => ({
    sql,
    steps: database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail)),
  }));
}

describe('looks at the outbox', () => {
  test('that are made for every delivery read neither all alerts nor all deliveries', () => {
    const looks = plans().filter(({ sql }) => /^(?:SELECT (?:o\.seq|min)|UPDATE)/.test(sql));
    expect(looks.length).toBeGreaterThanOrEqual(6);
    for (const { sql, steps } of looks)
      expect(
        steps.filter((step) => /^SCAN |AUTOMATIC/.test(step)),
        sql,
      ).toEqual([]);
  });
});

describe('a write that does not wait for the disk', () => {
  test('is whole or not at all, and those after it are synced again', () => {
    database.unsynced(() => database.prepare(`INSERT INTO receivers (sink) VALUES ('a')`).run());
    expect(() =>
      database.unsynced(() => {
        database.prepare(`INSERT INTO receivers (sink) VALUES ('b')`).run();
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(database.prepare('SELECT sink FROM receivers').all()).toEqual([{ sink: 'a' }]);
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  });
});
