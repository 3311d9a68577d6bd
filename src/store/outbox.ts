import type { JsonObject } from '../shared/json.ts';
import type { StoredAlert } from './alerts.ts';
import type { Database } from './sqlite.ts';

/** One delivery that waits for its turn. `attempts` counts failed calls, `firstAt` is when the first of them was. */
export type Waiting = StoredAlert & { readonly attempts: number; readonly firstAt: number | undefined; readonly lane: string };

export const DELIVERY_STATES = ['waiting', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
export type OutboxCounts = Readonly<Record<DeliveryState, number>>;

/** A delivery as people look at it. */
export type ListedDelivery = {
  readonly receiver: string;
  readonly id: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** When it is due, ms since the epoch; 0: at once. */
  readonly dueAt: number;
  readonly reason: string | undefined;
};

export const RECEIVER_STATES = ['closed', 'open', 'disabled'] as const;
/**
 * What is known of a receiver: `closed` is called as usual, `open` is left alone until a trial call at `until`,
 * `disabled` asked for nothing more. `failures` in a row; `pauseMs` is how long it was left alone last.
 */
export type ReceiverState = {
  readonly state: (typeof RECEIVER_STATES)[number];
  readonly failures: number;
  readonly until: number;
  readonly pauseMs: number;
  /** Since when it is in this state, ms since the epoch. */
  readonly since: number;
  readonly reason: string | undefined;
};
export const HEALTHY: ReceiverState = { state: 'closed', failures: 0, until: 0, pauseMs: 0, since: 0, reason: undefined };

/** Which deliveries are sent again: all conditions that are given must hold. */
export type Replay = {
  readonly receiver: string;
  readonly ids?: readonly string[] | undefined;
  readonly onlyDead?: boolean | undefined;
  /** Event time of the alert, ISO 8601 in UTC. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** One row for every sink that an alert must reach, with what became of it. */
export type Outbox = {
  /** Makes receivers known, so that they are listed before anything was sent to them. */
  register(receivers: readonly string[]): void;
  /** Deliveries that may be made now, oldest first: none whose alert has an earlier step that still waits for later. */
  due(sink: string, now: number, limit: number): readonly Waiting[];
  /** The oldest waiting delivery, due or not. */
  oldest(sink: string): Waiting | undefined;
  /** When the next one that waits for a time is due, ms since the epoch. */
  nextDue(sink: string, now: number): number | undefined;
  delivered(sink: string, ids: readonly string[]): void;
  /** Counts a failed call unless it was only a trial, and says when the next one is. */
  postpone(sink: string, id: string, change: { readonly dueAt?: number; readonly at: number; readonly reason: string }): void;
  dead(sink: string, id: string, reason: string): void;
  /** Everything that waits for a time is due at once. */
  hurry(sink: string): void;
  receiver(sink: string): ReceiverState;
  setReceiver(sink: string, state: ReceiverState): void;
  receivers(): ReadonlyMap<string, ReceiverState>;
  counts(): ReadonlyMap<string, OutboxCounts>;
  /** What waits and what was given up, by indexes alone: cheap enough to be asked again and again. */
  unsettled(sink: string): { readonly waiting: number; readonly dead: number; readonly firstFailedAt: number | undefined };
  list(receiver: string | undefined, state: DeliveryState, limit: number): readonly ListedDelivery[];
  /**
   * Puts deliveries back to waiting, also of alerts that this receiver was never sent; one that routes
   * notify gets its notifications again. Returns how many.
   */
  replay(replay: Replay): number;
};

// Not the view `outgoing`: joined to it, every look would read through all alerts there are.
const WAITING = `SELECT o.seq, o.alert AS id, coalesce(a.document, n.document) AS document, o.attempts, o.first_at, o.lane FROM outbox o
  LEFT JOIN alerts a ON a.id = o.alert LEFT JOIN notifications n ON n.id = o.alert`;
const STORED = '(a.id IS NOT NULL OR n.id IS NOT NULL)';

export function createOutbox(database: Database): Outbox {
  const due = database.prepare(
    `${WAITING} WHERE ${STORED} AND o.sink = ?1 AND o.state = 'waiting' AND o.due_at <= ?2 AND NOT EXISTS (
       SELECT 1 FROM outbox p WHERE p.sink = ?1 AND p.lane = o.lane AND p.state = 'waiting' AND p.seq < o.seq AND p.due_at > ?2)
     ORDER BY o.seq LIMIT ?3`,
  );
  const oldest = database.prepare(`${WAITING} WHERE ${STORED} AND o.sink = ? AND o.state = 'waiting' ORDER BY o.seq LIMIT 1`);
  const nextDue = database.prepare(`SELECT min(due_at) AS due FROM outbox WHERE sink = ? AND state = 'waiting' AND due_at > ?`);
  const settle = database.prepare('UPDATE outbox SET state = ?, reason = ?, attempts = attempts + 1 WHERE sink = ? AND alert = ?');
  const postpone = database.prepare(
    'UPDATE outbox SET due_at = ?, reason = ?, attempts = attempts + 1, first_at = coalesce(first_at, ?) WHERE sink = ? AND alert = ?',
  );
  const tried = database.prepare('UPDATE outbox SET reason = ?, first_at = coalesce(first_at, ?) WHERE sink = ? AND alert = ?');
  const hurry = database.prepare(`UPDATE outbox SET due_at = 0 WHERE sink = ? AND state = 'waiting' AND due_at > 0`);
  const counts = database.prepare('SELECT sink, state, count(*) AS n FROM outbox GROUP BY sink, state');
  const unsettled = database.prepare(
    `SELECT (SELECT count(*) FROM outbox WHERE sink = ?1 AND state = 'waiting') AS waiting,
            (SELECT count(*) FROM outbox WHERE sink = ?1 AND state = 'dead') AS dead,
            (SELECT first_at FROM outbox WHERE sink = ?1 AND state = 'waiting' ORDER BY seq LIMIT 1) AS first_at`,
  );
  const list = database.prepare(
    'SELECT sink, alert, state, attempts, due_at, reason FROM outbox WHERE state = ?1 AND (?2 IS NULL OR sink = ?2) ORDER BY seq DESC LIMIT ?3',
  );
  const register = database.prepare('INSERT INTO receivers (sink) VALUES (?) ON CONFLICT DO NOTHING');
  const receiver = database.prepare('SELECT * FROM receivers WHERE sink = ?');
  const receivers = database.prepare('SELECT * FROM receivers ORDER BY sink');
  const setReceiver = database.prepare(
    'INSERT OR REPLACE INTO receivers (sink, state, failures, until, pause_ms, since, reason) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const replay = database.prepare(
    `INSERT INTO outbox (sink, alert, seq, lane)
     SELECT ?1, a.id, a.seq, a.lane FROM outgoing a
     LEFT JOIN outbox o ON o.sink = ?1 AND o.alert = a.id
     WHERE (a.receiver = ?1 OR (a.receiver IS NULL AND NOT EXISTS (SELECT 1 FROM notifications WHERE receiver = ?1)))
       AND (?2 IS NULL OR a.id IN (SELECT value FROM json_each(?2))) AND (?3 = 0 OR o.state = 'dead')
       AND (?4 IS NULL OR json_extract(a.document, '$."@timestamp"') >= ?4)
       AND (?5 IS NULL OR json_extract(a.document, '$."@timestamp"') < ?5)
     ON CONFLICT (sink, alert) DO UPDATE SET state = 'waiting', due_at = 0, attempts = 0, first_at = NULL, reason = NULL`,
  );
  return {
    register: (names) => database.transaction(() => names.forEach((name) => void register.run(name))),
    due: (sink, now, limit) => due.all(sink, now, limit).map(waitingOf),
    oldest(sink) {
      const row = oldest.get(sink);
      return row === undefined ? undefined : waitingOf(row);
    },
    nextDue(sink, now) {
      const value = nextDue.get(sink, now)?.['due'];
      return value === null || value === undefined ? undefined : Number(value);
    },
    delivered(sink, ids) {
      if (ids.length > 0) database.unsynced(() => ids.forEach((id) => void settle.run('delivered', null, sink, id)));
    },
    postpone(sink, id, { dueAt, at, reason }) {
      database.unsynced(() => {
        if (dueAt === undefined) tried.run(reason, at, sink, id);
        else postpone.run(dueAt, reason, at, sink, id);
      });
    },
    dead: (sink, id, reason) => void settle.run('dead', reason, sink, id),
    hurry: (sink) => void hurry.run(sink),
    receiver: (sink) => receiverOf(receiver.get(sink)),
    setReceiver(sink, { state, failures, until, pauseMs, since, reason }) {
      setReceiver.run(sink, state, failures, until, pauseMs, since, reason ?? null);
    },
    receivers: () => new Map(receivers.all().map((row) => [String(row['sink']), receiverOf(row)])),
    counts() {
      const found = new Map<string, { waiting: number; delivered: number; dead: number }>();
      for (const row of counts.all()) {
        const sink = String(row['sink']);
        const entry = found.get(sink) ?? { waiting: 0, delivered: 0, dead: 0 };
        entry[String(row['state']) as DeliveryState] = Number(row['n']);
        found.set(sink, entry);
      }
      return found;
    },
    unsettled(sink) {
      const row = unsettled.get(sink);
      const firstAt = row?.['first_at'];
      return {
        waiting: Number(row?.['waiting'] ?? 0),
        dead: Number(row?.['dead'] ?? 0),
        firstFailedAt: firstAt === null || firstAt === undefined ? undefined : Number(firstAt),
      };
    },
    list: (name, state, limit) => list.all(state, name ?? null, limit).map(listedOf),
    replay({ receiver: name, ids, onlyDead, from, to }) {
      const chosen = ids === undefined ? null : JSON.stringify(ids);
      return Number(replay.run(name, chosen, onlyDead ? 1 : 0, from ?? null, to ?? null).changes);
    },
  };
}

function waitingOf(row: Record<string, unknown>): Waiting {
  return {
    seq: Number(row['seq']),
    id: String(row['id']),
    document: JSON.parse(String(row['document'])) as JsonObject,
    attempts: Number(row['attempts']),
    firstAt: row['first_at'] === null ? undefined : Number(row['first_at']),
    lane: String(row['lane']),
  };
}

function listedOf(row: Record<string, unknown>): ListedDelivery {
  return {
    receiver: String(row['sink']),
    id: String(row['alert']),
    state: String(row['state']) as DeliveryState,
    attempts: Number(row['attempts']),
    dueAt: Number(row['due_at']),
    reason: row['reason'] === null ? undefined : String(row['reason']),
  };
}

function receiverOf(row: Record<string, unknown> | undefined): ReceiverState {
  if (row === undefined) return HEALTHY;
  return {
    state: String(row['state']) as ReceiverState['state'],
    failures: Number(row['failures']),
    until: Number(row['until']),
    pauseMs: Number(row['pause_ms']),
    since: Number(row['since']),
    reason: row['reason'] === null ? undefined : String(row['reason']),
  };
}
