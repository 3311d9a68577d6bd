import type { Database } from './sqlite.ts';

type Entry = {
  readonly bytes: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
  readonly appendedAt: number;
  readonly digest?: string;
};
type Stored = {
  readonly offset: bigint;
  readonly bytes: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
  readonly appendedAt: number;
};

/** Records that came from the network and are not in a checkpoint yet, per source. */
export type InboxStore = {
  of(
    source: string,
    options: { readonly maxBytes: number; readonly repeatWindowMs: number },
  ): {
    append(entries: readonly Entry[]): readonly ('stored' | 'repeated' | 'full')[];
    lose(count: number): void;
    read(from: bigint, limit: number): readonly Stored[];
    head(): bigint;
    release(below: bigint): void;
  };
};

export function createInboxStore(database: Database): InboxStore {
  const insert = database.prepare('INSERT INTO inbox (source, seq, appended_at, bytes, headers) VALUES (?, ?, ?, ?, ?)');
  const read = database.prepare('SELECT seq, appended_at, bytes, headers FROM inbox WHERE source = ? AND seq >= ? ORDER BY seq LIMIT ?');
  const size = database.prepare('SELECT coalesce(sum(length(bytes)), 0) AS bytes FROM inbox WHERE source = ?');
  const sizeBelow = database.prepare('SELECT coalesce(sum(length(bytes)), 0) AS bytes FROM inbox WHERE source = ? AND seq < ?');
  const release = database.prepare('DELETE FROM inbox WHERE source = ? AND seq < ?');
  const head = database.prepare('SELECT next FROM inbox_heads WHERE source = ?');
  const setHead = database.prepare(
    'INSERT INTO inbox_heads (source, next) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET next = excluded.next',
  );
  const seen = database.prepare('SELECT 1 FROM inbox_digests WHERE source = ? AND sha256 = ? AND at > ?');
  const note = database.prepare(
    'INSERT INTO inbox_digests (source, sha256, at) VALUES (?, ?, ?) ON CONFLICT (source, sha256) DO UPDATE SET at = excluded.at',
  );
  const forget = database.prepare('DELETE FROM inbox_digests WHERE source = ? AND at <= ?');

  return {
    of(source, { maxBytes, repeatWindowMs }) {
      let next = BigInt(Number(head.get(source)?.['next'] ?? 0));
      let bytes = Number(size.get(source)?.['bytes']);
      const put = (entry: Entry): 'stored' | 'repeated' | 'full' => {
        const { digest, appendedAt } = entry;
        if (digest !== undefined && seen.get(source, digest, appendedAt - repeatWindowMs) !== undefined) return 'repeated';
        if (bytes + entry.bytes.length > maxBytes) return 'full';
        insert.run(source, Number(next), appendedAt, entry.bytes, JSON.stringify([...entry.headers]));
        if (digest !== undefined) note.run(source, digest, appendedAt);
        next += 1n;
        bytes += entry.bytes.length;
        return 'stored';
      };
      return {
        append(entries) {
          const before = { next, bytes };
          try {
            return database.transaction(() => {
              const last = entries.at(-1);
              if (last?.digest !== undefined) forget.run(source, last.appendedAt - repeatWindowMs);
              const outcomes = entries.map(put);
              setHead.run(source, Number(next));
              return outcomes;
            });
          } catch (error) {
            ({ next, bytes } = before);
            throw error;
          }
        },
        lose(count) {
          next += BigInt(count);
          setHead.run(source, Number(next));
        },
        read: (from, limit) => read.all(source, Number(from), limit).map(storedOf),
        head: () => next,
        release(below) {
          bytes -= Number(sizeBelow.get(source, Number(below))?.['bytes']);
          release.run(source, Number(below));
        },
      };
    },
  };
}

function storedOf(row: Record<string, unknown>): Stored {
  return {
    offset: BigInt(Number(row['seq'])),
    appendedAt: Number(row['appended_at']),
    bytes: row['bytes'] as Uint8Array,
    headers: new Map(JSON.parse(String(row['headers'])) as [string, string][]),
  };
}
