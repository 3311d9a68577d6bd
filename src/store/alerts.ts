import type { JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import type { Database } from './sqlite.ts';

export type StoredAlert = { readonly seq: number; readonly id: string; readonly document: JsonObject };

/** One delivery that waits for its turn. `attempts` counts the calls already made. */
export type Waiting = StoredAlert & { readonly attempts: number };

export type OutboxCounts = Readonly<Record<'waiting' | 'delivered' | 'dead', number>>;

/** Alerts, each stored once under its id, and one outbox row for every sink they must reach. */
export type AlertStore = {
  /** Call inside a transaction. Returns the ids that were new; a repeated id changes nothing. */
  append(alerts: readonly { readonly id: string; readonly document: JsonObject }[], sinks: readonly string[]): readonly string[];
  /** Deliveries of one sink that are due, oldest first. */
  due(sink: string, now: number, limit: number): readonly Waiting[];
  /** When the next waiting delivery of a sink is due, ms since the epoch. */
  nextDue(sink: string): number | undefined;
  delivered(sink: string, ids: readonly string[]): void;
  retryAt(sink: string, id: string, dueAt: number, reason: string): void;
  dead(sink: string, id: string, reason: string): void;
  /** Puts dead deliveries of a sink back to waiting; the id stays. Returns how many. */
  revive(sink: string): number;
  outbox(): ReadonlyMap<string, OutboxCounts>;
  count(): number;
  newest(limit: number): readonly StoredAlert[];
  /** Alerts as they stand: the newest document of each, newest first. */
  standing(limit: number): readonly StoredAlert[];
  find(idPrefix: string): readonly StoredAlert[];
  /** Every transition of one alert, in the order in which they were stored. */
  transitions(alert: string): readonly StoredAlert[];
  /** The newest document of an alert, or of an episode. */
  latest(by: 'alert' | 'episode', id: string): JsonObject | undefined;
  /** Whole alert ids that begin so, at most 100. */
  alertIds(prefix: string): readonly string[];
};

export function createAlertStore(database: Database): AlertStore {
  const insert = database.prepare('INSERT INTO alerts (id, alert, episode, document) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING');
  const enqueue = database.prepare('INSERT INTO outbox (sink, alert, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const due = database.prepare(
    `SELECT a.seq, a.id, a.document, o.attempts FROM outbox o JOIN alerts a ON a.id = o.alert
     WHERE o.sink = ? AND o.state = 'waiting' AND o.due_at <= ? ORDER BY o.seq LIMIT ?`,
  );
  const nextDue = database.prepare(`SELECT min(due_at) AS due FROM outbox WHERE sink = ? AND state = 'waiting'`);
  const settle = database.prepare(`UPDATE outbox SET state = ?, reason = ?, attempts = attempts + 1 WHERE sink = ? AND alert = ?`);
  const postpone = database.prepare('UPDATE outbox SET due_at = ?, reason = ?, attempts = attempts + 1 WHERE sink = ? AND alert = ?');
  const revive = database.prepare(`UPDATE outbox SET state = 'waiting', due_at = 0, attempts = 0 WHERE sink = ? AND state = 'dead'`);
  const counts = database.prepare('SELECT sink, state, count(*) AS n FROM outbox GROUP BY sink, state');
  const total = database.prepare('SELECT count(*) AS n FROM alerts');
  const newest = database.prepare('SELECT seq, id, document FROM alerts ORDER BY seq DESC LIMIT ?');
  const standing = database.prepare(
    'SELECT seq, id, document FROM alerts WHERE seq IN (SELECT max(seq) FROM alerts GROUP BY alert) ORDER BY seq DESC LIMIT ?',
  );
  const find = database.prepare(`SELECT seq, id, document FROM alerts WHERE id >= ? AND id < ? ORDER BY seq LIMIT 100`);
  const transitions = database.prepare('SELECT seq, id, document FROM alerts WHERE alert = ? ORDER BY seq');
  const latest = {
    alert: database.prepare('SELECT seq, id, document FROM alerts WHERE alert = ? ORDER BY seq DESC LIMIT 1'),
    episode: database.prepare('SELECT seq, id, document FROM alerts WHERE episode = ? ORDER BY seq DESC LIMIT 1'),
  };
  const alertIds = database.prepare('SELECT DISTINCT alert FROM alerts WHERE alert >= ? AND alert < ? ORDER BY alert LIMIT 100');
  return {
    append(alerts, sinks) {
      const added: string[] = [];
      for (const { id, document } of alerts) {
        const { changes, lastInsertRowid } = insert.run(id, ...placeOf(id, document), JSON.stringify(document));
        if (changes === 0) continue;
        added.push(id);
        for (const sink of sinks) enqueue.run(sink, id, lastInsertRowid);
      }
      return added;
    },
    due: (sink, now, limit) => due.all(sink, now, limit).map((row) => ({ ...alertOf(row), attempts: Number(row['attempts']) })),
    nextDue(sink) {
      const value = nextDue.get(sink)?.['due'];
      return value === null || value === undefined ? undefined : Number(value);
    },
    delivered(sink, ids) {
      database.transaction(() => {
        for (const id of ids) settle.run('delivered', null, sink, id);
      });
    },
    retryAt: (sink, id, dueAt, reason) => void postpone.run(dueAt, reason, sink, id),
    dead: (sink, id, reason) => void settle.run('dead', reason, sink, id),
    revive: (sink) => Number(revive.run(sink).changes),
    outbox() {
      const found = new Map<string, { waiting: number; delivered: number; dead: number }>();
      for (const row of counts.all()) {
        const sink = String(row['sink']);
        const entry = found.get(sink) ?? { waiting: 0, delivered: 0, dead: 0 };
        entry[String(row['state']) as keyof OutboxCounts] = Number(row['n']);
        found.set(sink, entry);
      }
      return found;
    },
    count: () => Number(total.get()?.['n']),
    newest: (limit) => newest.all(limit).map(alertOf),
    standing: (limit) => standing.all(limit).map(alertOf),
    find: (idPrefix) => find.all(idPrefix, `${idPrefix}\u{10FFFF}`).map(alertOf),
    transitions: (alert) => transitions.all(alert).map(alertOf),
    latest(by, id) {
      const row = latest[by].get(id);
      return row === undefined ? undefined : alertOf(row).document;
    },
    alertIds: (prefix) => alertIds.all(prefix, `${prefix}\u{10FFFF}`).map((row) => String(row['alert'])),
  };
}

function alertOf(row: Record<string, unknown>): StoredAlert {
  return { seq: Number(row['seq']), id: String(row['id']), document: JSON.parse(String(row['document'])) as JsonObject };
}

/** Which alert and which episode a document belongs to; one that says neither stands for itself. */
function placeOf(id: string, document: JsonObject): readonly [alert: string, episode: string] {
  const alert = at(document, 'wardline.alert.id');
  const own = typeof alert === 'string' ? alert : id;
  const episode = at(document, 'wardline.alert.episode');
  return [own, typeof episode === 'string' ? episode : own];
}
