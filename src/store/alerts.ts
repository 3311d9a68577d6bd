import type { JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import type { Database } from './sqlite.ts';

export type StoredAlert = { readonly seq: number; readonly id: string; readonly document: JsonObject };

/** Alerts, each stored once under its id, and one outbox row for every sink they must reach. */
export type AlertStore = {
  /** Call inside a transaction. Returns the ids that were new; a repeated id changes nothing. */
  append(alerts: readonly { readonly id: string; readonly document: JsonObject }[], sinks: readonly string[]): readonly string[];
  count(): number;
  newest(limit: number): readonly StoredAlert[];
  /** In the order in which they were stored, behind a number. */
  after(seq: number, limit: number): readonly StoredAlert[];
  /** Alerts as they stand: the newest document of each, newest first. */
  standing(limit: number): readonly StoredAlert[];
  /** The same behind a number, to go on with; never looks at more of the table than it returns. */
  standingBefore(seq: number, limit: number): readonly StoredAlert[];
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
  const enqueue = database.prepare('INSERT INTO outbox (sink, alert, seq, lane) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const total = database.prepare('SELECT count(*) AS n FROM alerts');
  const newest = database.prepare('SELECT seq, id, document FROM alerts ORDER BY seq DESC LIMIT ?');
  const after = database.prepare('SELECT seq, id, document FROM alerts WHERE seq > ? ORDER BY seq LIMIT ?');
  const standing = database.prepare(
    'SELECT seq, id, document FROM alerts WHERE seq IN (SELECT max(seq) FROM alerts GROUP BY alert) ORDER BY seq DESC LIMIT ?',
  );
  const standingBefore = database.prepare(
    `SELECT seq, id, document FROM alerts a
     WHERE seq < ? AND NOT EXISTS (SELECT 1 FROM alerts b WHERE b.alert = a.alert AND b.seq > a.seq) ORDER BY seq DESC LIMIT ?`,
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
        const [alert, episode] = placeOf(id, document);
        const { changes, lastInsertRowid } = insert.run(id, alert, episode, JSON.stringify(document));
        if (changes === 0) continue;
        added.push(id);
        for (const sink of sinks) enqueue.run(sink, id, lastInsertRowid, alert);
      }
      return added;
    },
    count: () => Number(total.get()?.['n']),
    newest: (limit) => newest.all(limit).map(alertOf),
    after: (seq, limit) => after.all(seq, limit).map(alertOf),
    standing: (limit) => standing.all(limit).map(alertOf),
    standingBefore: (seq, limit) => standingBefore.all(seq, limit).map(alertOf),
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
