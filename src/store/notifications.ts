import type { Notification, NotifyDecision } from '../notify/reducer.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Database } from './sqlite.ts';

export type StoredNotification = { readonly id: string; readonly document: JsonObject } & Pick<
  Notification,
  'receiver' | 'groupKey' | 'at'
>;

/** Decisions kept; older ones go. */
const MAX_LOG = 100_000;

/** What receivers of routes were told, and why others were not. */
export type NotificationStore = {
  /** Call inside a transaction. Queues every notification for its receiver. */
  append(notifications: readonly StoredNotification[], decisions: readonly NotifyDecision[]): void;
  /** Decisions, newest first; of one alert, or of all. */
  log(alert: string | undefined, limit: number): readonly NotifyDecision[];
  newest(limit: number): readonly StoredNotification[];
};

export function createNotificationStore(database: Database): NotificationStore {
  const insert = database.prepare(
    'INSERT INTO notifications (id, receiver, group_key, at, document) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const enqueue = database.prepare('INSERT INTO outbox (sink, alert, seq, lane) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const note = database.prepare('INSERT INTO notify_log (at, alert, receiver, decision, by) VALUES (?, ?, ?, ?, ?)');
  const trim = database.prepare('DELETE FROM notify_log WHERE seq <= (SELECT max(seq) FROM notify_log) - ?');
  const log = database.prepare(
    'SELECT at, alert, receiver, decision, by FROM notify_log WHERE (?1 IS NULL OR alert = ?1) ORDER BY seq DESC LIMIT ?2',
  );
  const newest = database.prepare('SELECT id, receiver, group_key, at, document FROM notifications ORDER BY seq DESC LIMIT ?');
  return {
    append(notifications, decisions) {
      for (const { id, receiver, groupKey, at, document } of notifications) {
        const { changes, lastInsertRowid } = insert.run(id, receiver, groupKey, at, JSON.stringify(document));
        if (changes > 0) enqueue.run(receiver, id, lastInsertRowid, groupKey);
      }
      for (const { at, alert, receiver, decision, by } of decisions) note.run(at, alert, receiver, decision, by ?? null);
      trim.run(MAX_LOG);
    },
    log: (alert, limit) => log.all(alert ?? null, limit).map(decisionOf),
    newest: (limit) =>
      newest.all(limit).map((row) => ({
        id: String(row['id']),
        receiver: String(row['receiver']),
        groupKey: String(row['group_key']),
        at: Number(row['at']),
        document: JSON.parse(String(row['document'])) as JsonObject,
      })),
  };
}

function decisionOf(row: Record<string, unknown>): NotifyDecision {
  return {
    at: Number(row['at']),
    alert: String(row['alert']),
    receiver: String(row['receiver']),
    decision: String(row['decision']) as NotifyDecision['decision'],
    by: row['by'] === null ? undefined : String(row['by']),
  };
}
