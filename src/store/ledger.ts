import type { JsonObject } from '../shared/json.ts';
import type { Database } from './sqlite.ts';

/** The evidence chain as it was sealed; entries are appended, never changed. */
export type LedgerStore = {
  /** Call inside a transaction. `seq` must be the next one: a hole or a repeat is refused by the primary key or by verify. */
  append(entries: readonly { readonly seq: number }[]): void;
  /** In order; streams, so that a long chain does not lie in memory. */
  entries(): IterableIterator<JsonObject>;
  last(): JsonObject | undefined;
};

export function createLedgerStore(database: Database): LedgerStore {
  const insert = database.prepare('INSERT INTO ledger (seq, entry) VALUES (?, ?)');
  const all = database.prepare('SELECT entry FROM ledger ORDER BY seq');
  const last = database.prepare('SELECT entry FROM ledger ORDER BY seq DESC LIMIT 1');
  const parse = (row: Record<string, unknown>): JsonObject => JSON.parse(String(row['entry'])) as JsonObject;
  return {
    append(entries) {
      for (const entry of entries) insert.run(entry.seq, JSON.stringify(entry));
    },
    *entries() {
      for (const row of all.iterate()) yield parse(row);
    },
    last() {
      const row = last.get();
      return row === undefined ? undefined : parse(row);
    },
  };
}
