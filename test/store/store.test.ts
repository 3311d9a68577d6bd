import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { openDatabase } from '../../src/store/sqlite.ts';
import { openStore } from '../../src/store/store.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-store-'));
  path = join(folder, 'wardline.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const alert = (id: string) => ({ id, document: { message: id } });
const record = (offset: bigint, text: string): RawRecord => ({
  source: 's',
  partition: 0,
  offset,
  appendedAt: 5,
  bytes: Buffer.from(text),
  headers: new Map([['k', 'v']]),
});

describe('alerts and outbox', () => {
  test('an alert appended twice is stored once and queued once for each sink', () => {
    const store = openStore(path);
    expect(store.transaction(() => store.alerts.append([alert('a'), alert('b')], ['es', 'hook']))).toEqual(['a', 'b']);
    expect(store.transaction(() => store.alerts.append([alert('b'), alert('c')], ['es', 'hook']))).toEqual(['c']);
    expect(store.alerts.count()).toBe(3);
    expect(store.outbox.due('es', 0, 10).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(store.alerts.find('b')).toHaveLength(1);
    store.close();
  });

  test('a delivery leaves the outbox when delivered, comes back when due, and can be sent again when dead', () => {
    const store = openStore(path);
    store.transaction(() => store.alerts.append([alert('a'), alert('b'), alert('c')], ['hook']));
    store.outbox.delivered('hook', ['a']);
    store.outbox.postpone('hook', 'b', { dueAt: 1000, at: 7, reason: '503' });
    store.outbox.dead('hook', 'c', '400');
    expect(store.outbox.due('hook', 999, 10)).toEqual([]);
    expect(store.outbox.nextDue('hook', 999)).toBe(1000);
    expect(store.outbox.due('hook', 1000, 10)).toMatchObject([{ id: 'b', attempts: 1, firstAt: 7 }]);
    expect(store.outbox.counts().get('hook')).toEqual({ waiting: 1, delivered: 1, dead: 1 });
    expect(store.outbox.replay({ receiver: 'hook', onlyDead: true })).toBe(1);
    expect(store.outbox.due('hook', 0, 10).map(({ id }) => id)).toEqual(['c']);
    store.close();
  });

  test('a reader that stops in the middle leaves no read open: the log beside the file can be emptied', () => {
    const database = openDatabase(path);
    for (const _ of database.prepare('SELECT name FROM sqlite_master').iterate()) break;
    const other = new DatabaseSync(path);
    other.exec("INSERT INTO silence_effects VALUES ('a', 1, 1)");
    expect(other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({ busy: 0, log: 0 });
    other.close();
    database.close();
  });

  test('a transaction that throws leaves nothing behind', () => {
    const store = openStore(path);
    const failing = () =>
      store.transaction(() => {
        store.alerts.append([alert('a')], ['es']);
        throw new Error('stop');
      });
    expect(failing).toThrow('stop');
    expect(store.alerts.count()).toBe(0);
    store.close();
  });
});

describe('checkpoints', () => {
  const checkpoint = (n: number) => ({
    ruleset: 'r',
    state: Uint8Array.of(n),
    positions: [
      { source: 'b', partition: 1, offset: BigInt(n) },
      { source: 'a', partition: 0, offset: 2n ** 60n },
    ],
  });

  test('state and positions come back together, and the newest one wins', () => {
    const store = openStore(path);
    for (const n of [1, 2, 3]) store.transaction(() => store.checkpoints.save(checkpoint(n)));
    store.close();
    const again = openStore(path);
    const { checkpoint: newest, damaged } = again.checkpoints.loadNewest();
    expect(damaged).toEqual([]);
    expect([...(newest?.state ?? [])]).toEqual([3]);
    expect(newest?.positions).toEqual([
      { source: 'a', partition: 0, offset: 2n ** 60n },
      { source: 'b', partition: 1, offset: 3n },
    ]);
    again.close();
  });

  test.each([
    ['state', `UPDATE checkpoints SET state = x'ff' WHERE id = (SELECT max(id) FROM checkpoints)`],
    ['positions', `UPDATE positions SET next_offset = '9' WHERE source = 'b' AND checkpoint = (SELECT max(id) FROM checkpoints)`],
  ])('a checkpoint with damaged %s is passed over for the one before it', (_what, damage) => {
    const store = openStore(path);
    for (const n of [1, 2]) store.transaction(() => store.checkpoints.save(checkpoint(n)));
    store.close();
    const raw = new DatabaseSync(path);
    raw.exec(damage);
    raw.close();
    const again = openStore(path);
    const { checkpoint: newest, damaged } = again.checkpoints.loadNewest();
    expect(damaged).toEqual([2]);
    expect([...(newest?.state ?? [])]).toEqual([1]);
    again.close();
  });
});

describe('dead letters', () => {
  test('bytes, reason, place and digest come back; a record read again adds nothing', () => {
    const store = openStore(path);
    const letter = { record: record(7n, '{"a":'), reason: 'invalid-json' as const, detail: 'unexpected end', at: 5 };
    store.transaction(() => store.deadLetters.append([letter]));
    store.transaction(() => store.deadLetters.append([letter]));
    const [stored, ...rest] = store.deadLetters.all();
    expect(rest).toEqual([]);
    expect(stored).toMatchObject({ reason: 'invalid-json', at: 5, length: 5 });
    expect(Buffer.from(stored?.record.bytes ?? []).toString()).toBe('{"a":');
    expect(stored?.record.offset).toBe(7n);
    store.close();
  });

  test('of a large record the first 64 KiB are kept, with the length and digest of the whole', () => {
    const store = openStore(path);
    const big = { record: record(1n, 'x'.repeat(70_000)), reason: 'too-large' as const, detail: 'd', at: undefined };
    store.transaction(() => store.deadLetters.append([big]));
    const [stored] = store.deadLetters.all();
    expect(stored?.length).toBe(70_000);
    expect(stored?.record.bytes?.length).toBe(65_536);
    store.close();
  });
});

describe('opening', () => {
  test('a file that is no store is refused with its path', () => {
    writeFileSync(path, 'not a database at all, but some text that is long enough');
    expect(() => openStore(path)).toThrow(/cannot open the store .*wardline\.db/);
  });

  // What a maker leaves behind that is killed before the layout is committed: no bytes, or a head alone.
  test.each([
    ['of no bytes', ''],
    ['with a head alone', 'PRAGMA journal_mode = WAL; CREATE TABLE a (b); DROP TABLE a; VACUUM;'],
  ])('a file %s is made a store; who only reads is told', (_, sql) => {
    writeFileSync(path, '');
    const made = new DatabaseSync(path);
    if (sql !== '') made.exec(sql);
    made.close();
    expect(() => openStore(path, { readOnly: true })).toThrow(/is empty: whoever makes it is not done.*"wardline run"/);
    const store = openStore(path);
    store.alerts.append([alert('a')], []);
    store.close();
    const again = openStore(path);
    expect(again.alerts.count()).toBe(1);
    again.close();
  });

  test('a database of something else is refused, and left as it is', () => {
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE notes (text TEXT)');
    other.close();
    expect(() => openStore(path)).toThrow(/is a database of something else/);
    const after = new DatabaseSync(path);
    expect(after.prepare('SELECT name FROM sqlite_schema').all()).toEqual([expect.objectContaining({ name: 'notes' })]);
    after.close();
  });

  test('reading where nothing was written says what to do', () => {
    expect(() => openStore(join(folder, 'none.db'), { readOnly: true })).toThrow(/run "wardline run" first/);
  });

  test('two engines cannot run on one store', () => {
    const store = openStore(path);
    expect(() => openStore(path)).toThrow(/in use by another process/);
    store.close();
    openStore(path).close();
  });

  test('a report can read while the engine runs', () => {
    const store = openStore(path);
    const reader = openStore(path, { readOnly: true });
    expect(reader.alerts.count()).toBe(0);
    reader.close();
    store.close();
  });
});
