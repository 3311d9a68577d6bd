import { accessSync, chmodSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync, constants as sqlite } from 'node:sqlite';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { makeFolder } from '../shared/folder.ts';

/** The layout below; a store of another version is refused with what to do. */
export const STORE_VERSION = 4;

const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE checkpoints (
  id INTEGER PRIMARY KEY AUTOINCREMENT, ruleset TEXT NOT NULL, state BLOB NOT NULL, sha256 TEXT NOT NULL) STRICT;
CREATE TABLE positions (
  checkpoint INTEGER NOT NULL, source TEXT NOT NULL, partition INTEGER NOT NULL, next_offset TEXT NOT NULL,
  PRIMARY KEY (checkpoint, source, partition)) STRICT;
CREATE TABLE alerts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, alert TEXT NOT NULL, episode TEXT NOT NULL, document TEXT NOT NULL) STRICT;
CREATE INDEX alerts_alert ON alerts (alert, seq);
CREATE INDEX alerts_episode ON alerts (episode, seq);
CREATE TABLE actions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL,
  disposition TEXT, comment TEXT, applied INTEGER NOT NULL DEFAULT 0, address TEXT) STRICT;
CREATE TABLE outbox (
  sink TEXT NOT NULL, alert TEXT NOT NULL, seq INTEGER NOT NULL, lane TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  first_at INTEGER, due_at INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'waiting', reason TEXT,
  PRIMARY KEY (sink, alert)) STRICT;
CREATE INDEX outbox_waiting ON outbox (sink, seq) WHERE state = 'waiting';
CREATE INDEX outbox_due ON outbox (sink, due_at) WHERE state = 'waiting';
CREATE INDEX outbox_lane ON outbox (sink, lane, seq) WHERE state = 'waiting';
CREATE TABLE notifications (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL, group_key TEXT NOT NULL, at INTEGER NOT NULL,
  document TEXT NOT NULL) STRICT;
CREATE TABLE notify_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, alert TEXT NOT NULL, receiver TEXT NOT NULL, decision TEXT NOT NULL, by TEXT) STRICT;
CREATE INDEX notify_log_alert ON notify_log (alert, seq);
CREATE TABLE reducers (name TEXT PRIMARY KEY, state TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
CREATE VIEW outgoing AS
  SELECT seq, id, alert AS lane, document, NULL AS receiver FROM alerts
  UNION ALL SELECT seq, id, group_key, document, receiver FROM notifications;
CREATE TABLE receivers (
  sink TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'closed', failures INTEGER NOT NULL DEFAULT 0, until INTEGER NOT NULL DEFAULT 0,
  pause_ms INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL DEFAULT 0, reason TEXT) STRICT;
CREATE TABLE dead_letters (
  source TEXT NOT NULL, partition INTEGER NOT NULL, offset TEXT NOT NULL, seq INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
  at INTEGER, appended_at INTEGER NOT NULL, length INTEGER NOT NULL, sha256 TEXT NOT NULL, bytes BLOB NOT NULL, headers TEXT NOT NULL,
  PRIMARY KEY (source, partition, offset, seq)) STRICT;
CREATE TABLE ledger (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT;
`;

/** Tables that came after the first layout; a store without them gets them, empty, when an engine opens it. */
const ADDED = `
CREATE TABLE IF NOT EXISTS partitions (
  source TEXT NOT NULL, number INTEGER NOT NULL, identity TEXT NOT NULL, PRIMARY KEY (source, number)) STRICT;
CREATE TABLE IF NOT EXISTS marks (source TEXT NOT NULL, number INTEGER NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (source, number)) STRICT;
CREATE TABLE IF NOT EXISTS source_resets (
  source TEXT NOT NULL, topic TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (source, topic)) STRICT;
CREATE TABLE IF NOT EXISTS dead_letter_requests (
  source TEXT NOT NULL, partition INTEGER NOT NULL, offset TEXT NOT NULL, PRIMARY KEY (source, partition, offset)) STRICT;
CREATE TABLE IF NOT EXISTS inbox (
  source TEXT NOT NULL, seq INTEGER NOT NULL, appended_at INTEGER NOT NULL, bytes BLOB NOT NULL, headers TEXT NOT NULL,
  PRIMARY KEY (source, seq)) STRICT;
CREATE TABLE IF NOT EXISTS inbox_heads (source TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS inbox_digests (
  source TEXT NOT NULL, sha256 TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (source, sha256)) STRICT;
CREATE TABLE IF NOT EXISTS silences (
  id TEXT PRIMARY KEY, matchers TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, owner TEXT NOT NULL, comment TEXT NOT NULL,
  created_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS silence_changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
  before_text TEXT, after_text TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS attestations (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, actor TEXT NOT NULL, statement TEXT NOT NULL, starts INTEGER NOT NULL,
  ends INTEGER NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS silence_effects (silence TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS outbox_dead ON outbox (sink) WHERE state = 'dead';
`;

/** One statement; its errors are WardlineErrors `store` that name the file. */
export type Statement = Pick<StatementSync, 'run' | 'get' | 'all' | 'iterate'>;

/** Prepared access to one sqlite file; every statement is a constant, every value bound. */
export type Database = {
  /** Runs `work` in one transaction; all of it is durable when this returns, or none of it. */
  transaction<T>(work: () => T): T;
  /**
   * The same without waiting for the disk: all of it or none, durable with the next transaction. What a failure of the
   * machine takes away with it must be something that is then only done again.
   */
  unsynced<T>(work: () => T): T;
  prepare(sql: string): Statement;
  close(): void;
};

export type OpenOptions = {
  readonly readOnly?: boolean;
  /** Beside a running engine, to leave records for it: an existing store, without its lock. */
  readonly beside?: boolean;
};

/**
 * Opens or creates the embedded store: one file, write-ahead log, every commit synced, one process at a time.
 * Throws WardlineError `store` when the file is no store of this version, is damaged, or is in use.
 */
export function openDatabase(path: string, options: OpenOptions = {}): Database {
  const missing = path === ':memory:' || !existsSync(path);
  if (missing && (options.readOnly || options.beside)) throw new WardlineError('usage', `no store at ${path}; run "wardline run" first`);
  if (!missing && statSync(path).isDirectory())
    throw new WardlineError('usage', `the store ${path} is a folder; name the file in it, such as ${join(path, 'wardline.db')}`);
  try {
    if (missing && path !== ':memory:') makeFolder(dirname(path), 0o700);
    const lock = options.readOnly || options.beside || path === ':memory:' ? undefined : lockStore(path);
    const database = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: 2000, allowExtension: false, defensive: true });
    // A file without anything in it is one whose maker was killed: the layout comes in one transaction.
    const bare = database.prepare('SELECT count(*) AS items FROM sqlite_schema').get()?.['items'] === 0;
    if (bare && (options.readOnly || options.beside))
      throw new WardlineError(
        'usage',
        `the store ${path} is empty: whoever makes it is not done, or was stopped; run "wardline run" again`,
      );
    if (!options.readOnly) configure(database, path, bare);
    requireVersion(database, path);
    database.setAuthorizer(allowed);
    return wrap(database, lock, path);
  } catch (error) {
    if (error instanceof WardlineError) throw error;
    throw new WardlineError('store', `cannot open the store ${path}: ${messageOf(error)}${whyNot(path)}`, { cause: error });
  }
}

/** What statements may do: work on this file. No other file is attached, and only how commits are synced may change. */
function allowed(action: number, subject: string | null): number {
  if (action === sqlite.SQLITE_ATTACH || action === sqlite.SQLITE_DETACH) return sqlite.SQLITE_DENY;
  if (action === sqlite.SQLITE_PRAGMA && subject !== 'synchronous') return sqlite.SQLITE_DENY;
  return sqlite.SQLITE_OK;
}

/** The engine says only that it could not; who may not read, or not write beside it, is told what is missing. */
function whyNot(path: string): string {
  const lacks = (file: string, mode: number): boolean => {
    try {
      accessSync(file, mode);
      return false;
    } catch {
      return true;
    }
  };
  if (existsSync(path) && lacks(path, constants.R_OK)) return '; this user may not read it';
  if (lacks(dirname(path), constants.W_OK))
    return `; even to read it, this user must be able to write in ${dirname(path)} (its log and index lie beside it)`;
  return '';
}

function configure(database: DatabaseSync, path: string, fresh: boolean): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;');
  if (!fresh) {
    requireVersion(database, path);
    database.exec(ADDED);
    const columns = database.prepare(`SELECT name FROM pragma_table_info('actions')`).all();
    if (!columns.some((column) => column['name'] === 'address')) database.exec('ALTER TABLE actions ADD COLUMN address TEXT');
    return;
  }
  database.exec(`BEGIN; ${SCHEMA} ${ADDED} INSERT INTO meta VALUES ('version', '${STORE_VERSION}'); COMMIT;`);
  if (path !== ':memory:') chmodSync(path, 0o600);
}

function requireVersion(database: DatabaseSync, path: string): void {
  if (database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'meta'`).get() === undefined)
    throw new WardlineError('store', `${path} is a database of something else, no store of Wardline`);
  const row = database.prepare(`SELECT value FROM meta WHERE key = 'version'`).get();
  const version = row?.['value'];
  if (version !== String(STORE_VERSION)) {
    throw new WardlineError(
      'store',
      `${path} has layout version ${String(version)}, this Wardline reads ${STORE_VERSION}; move the file away and start anew`,
    );
  }
}

/** Holds an exclusive lock beside the store for the life of the process; the system frees it even after a kill. */
function lockStore(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
    return lock;
  } catch (error) {
    lock.close();
    throw new WardlineError('store', `the store ${path} is in use by another process`, { cause: error });
  }
}

function wrap(database: DatabaseSync, lock: DatabaseSync | undefined, path: string): Database {
  /** What sqlite says names no file. */
  const told = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SQLITE_ERROR') throw error;
      throw new WardlineError('store', `the store ${path}: ${messageOf(error)}`, { cause: error });
    }
  };
  const transaction = <T>(work: () => T): T => {
    told(() => database.exec('BEGIN IMMEDIATE'));
    try {
      const result = work();
      told(() => database.exec('COMMIT'));
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
  return {
    transaction,
    unsynced(work) {
      database.exec('PRAGMA synchronous = NORMAL');
      try {
        return transaction(work);
      } finally {
        database.exec('PRAGMA synchronous = FULL');
      }
    },
    prepare(sql) {
      const statement = told(() => database.prepare(sql));
      return {
        run: (...values: Parameters<StatementSync['run']>) => told(() => statement.run(...values)),
        get: (...values: Parameters<StatementSync['get']>) => told(() => statement.get(...values)),
        all: (...values: Parameters<StatementSync['all']>) => told(() => statement.all(...values)),
        *iterate(...values: Parameters<StatementSync['iterate']>) {
          const rows = told(() => statement.iterate(...values));
          try {
            for (;;) {
              const next = told(() => rows.next());
              if (next.done) return;
              yield next.value;
            }
          } finally {
            // Who stops early must not leave a read open: the log of the store could never be emptied again.
            rows.return?.();
          }
        },
      } as Statement;
    },
    close() {
      database.close();
      lock?.close();
    },
  };
}
