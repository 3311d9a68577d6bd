import type { Database } from './sqlite.ts';

/** The numbers of a source's partitions with what each one is; written at once, never given to anything else. */
export type PartitionStore = {
  of(source: string): {
    all(): readonly { readonly number: number; readonly identity: string }[];
    set(number: number, identity: string): void;
    marks(): ReadonlyMap<number, string>;
    mark(number: number, text: string): void;
  };
  /** Asks that a topic of a source is read from its beginning, as another log; taken up when an engine starts. */
  requestReset(reset: SourceReset): void;
  resets(): readonly SourceReset[];
  /** Call inside the transaction that stores what it made. */
  dropReset(reset: SourceReset): void;
};

/** `at`: ms since the epoch. */
export type SourceReset = {
  readonly source: string;
  readonly topic: string;
  readonly actor: string;
  readonly at: number;
  readonly reason: string;
};

export function createPartitionStore(database: Database): PartitionStore {
  const all = database.prepare('SELECT number, identity FROM partitions WHERE source = ? ORDER BY number');
  const set = database.prepare(
    'INSERT INTO partitions (source, number, identity) VALUES (?, ?, ?) ON CONFLICT (source, number) DO UPDATE SET identity = excluded.identity',
  );
  const marks = database.prepare('SELECT number, mark FROM marks WHERE source = ?');
  const mark = database.prepare(
    'INSERT INTO marks (source, number, mark) VALUES (?, ?, ?) ON CONFLICT (source, number) DO UPDATE SET mark = excluded.mark',
  );
  const addReset = database.prepare(
    `INSERT INTO source_resets (source, topic, actor, at, reason) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (source, topic) DO UPDATE SET actor = excluded.actor, at = excluded.at, reason = excluded.reason`,
  );
  const resets = database.prepare('SELECT * FROM source_resets ORDER BY source, topic');
  const dropReset = database.prepare('DELETE FROM source_resets WHERE source = ? AND topic = ?');
  return {
    requestReset: ({ source, topic, actor, at, reason }) => void addReset.run(source, topic, actor, at, reason),
    resets: () =>
      resets.all().map((row) => ({
        source: String(row['source']),
        topic: String(row['topic']),
        actor: String(row['actor']),
        at: Number(row['at']),
        reason: String(row['reason']),
      })),
    dropReset: ({ source, topic }) => void dropReset.run(source, topic),
    of: (source) => ({
      all: () => all.all(source).map((row) => ({ number: Number(row['number']), identity: String(row['identity']) })),
      set: (number, identity) => void set.run(source, number, identity),
      marks: () => new Map(marks.all(source).map((row) => [Number(row['number']), String(row['mark'])])),
      mark: (number, text) => void mark.run(source, number, text),
    }),
  };
}
