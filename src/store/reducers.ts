import type { JsonValue } from '../shared/json.ts';
import type { Database } from './sqlite.ts';

/** States of reducers over the stored alerts, each with the number of the last alert it has seen. */
export type ReducerStore = {
  load(name: string): { readonly state: JsonValue; readonly seq: number } | undefined;
  /** Call inside the transaction that stores what the state says. */
  save(name: string, state: JsonValue, seq: number): void;
};

export function createReducerStore(database: Database): ReducerStore {
  const save = database.prepare('INSERT OR REPLACE INTO reducers (name, state, seq) VALUES (?, ?, ?)');
  const load = database.prepare('SELECT state, seq FROM reducers WHERE name = ?');
  return {
    load(name) {
      const row = load.get(name);
      return row === undefined ? undefined : { state: JSON.parse(String(row['state'])) as JsonValue, seq: Number(row['seq']) };
    },
    save: (name, state, seq) => void save.run(name, JSON.stringify(state), seq),
  };
}
