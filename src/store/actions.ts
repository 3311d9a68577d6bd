import type { ActionKind, AlertAction, Disposition } from '../alert/actions.ts';
import type { Database } from './sqlite.ts';

/** Operators' actions, in the order in which they were taken; each becomes one transition of its alert. */
export type ActionStore = {
  /** Durable when it returns. Also from a process beside the engine. Returns the number of the action. */
  add(action: Omit<AlertAction, 'seq'>): number;
  /** Actions that no engine has taken up yet. */
  pending(): readonly AlertAction[];
  /** Call inside the transaction that stores what the actions made. */
  applied(seqs: readonly number[]): void;
};

const INSERT = 'INSERT INTO actions (alert, kind, actor, at, disposition, comment, address) VALUES (?, ?, ?, ?, ?, ?, ?)';

export function createActionStore(database: Database): ActionStore {
  let insert: ReturnType<Database['prepare']> | undefined;
  const pending = database.prepare('SELECT * FROM actions WHERE applied = 0 ORDER BY seq');
  const apply = database.prepare('UPDATE actions SET applied = 1 WHERE seq = ?');
  return {
    add({ alert, kind, actor, address, at, disposition, comment }) {
      // Prepared when it is needed: a store that is only looked at may be of a time without the column.
      insert ??= database.prepare(INSERT);
      return Number(insert.run(alert, kind, actor, at, disposition ?? null, comment ?? null, address ?? null).lastInsertRowid);
    },
    pending: () => pending.all().map(actionOf),
    applied(seqs) {
      for (const seq of seqs) apply.run(seq);
    },
  };
}

function actionOf(row: Record<string, unknown>): AlertAction {
  const text = (value: unknown): string | undefined => (value === null ? undefined : String(value));
  return {
    seq: Number(row['seq']),
    alert: String(row['alert']),
    kind: String(row['kind']) as ActionKind,
    actor: String(row['actor']),
    address: text(row['address'] ?? null),
    at: Number(row['at']),
    disposition: text(row['disposition']) as Disposition | undefined,
    comment: text(row['comment']),
  };
}
