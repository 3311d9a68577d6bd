import type { Database } from './sqlite.ts';

/** The numbers of a source's partitions with what each one is; written at once, never given to anything else. */
export type PartitionStore = {
  of(source: string): {
    all(): readonly { readonly number: number; readonly identity: string }[];
    set(number: number, identity: string): void;
  };
};

export function createPartitionStore(database: Database): PartitionStore {
  const all = database.prepare('SELECT number, identity FROM partitions WHERE source = ? ORDER BY number');
  const set = database.prepare(
    'INSERT INTO partitions (source, number, identity) VALUES (?, ?, ?) ON CONFLICT (source, number) DO UPDATE SET identity = excluded.identity',
  );
  return {
    of: (source) => ({
      all: () => all.all(source).map((row) => ({ number: Number(row['number']), identity: String(row['identity']) })),
      set: (number, identity) => void set.run(source, number, identity),
    }),
  };
}
