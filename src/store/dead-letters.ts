import type { DeadLetter } from '../event/dead-letter.ts';
import type { RawRecord } from '../event/raw-record.ts';
import { sha256Hex } from '../shared/digest.ts';
import type { Database } from './sqlite.ts';

/** The most of a record that is kept; length and digest are always those of the whole. */
export const KEPT_BYTES = 64 * 1024;

export type StoredDeadLetter = {
  readonly record: RawRecord;
  readonly reason: string;
  readonly detail: string;
  readonly at: number | undefined;
  readonly length: number;
  readonly sha256: string;
};

/** Records that could not be read, kept with bytes, reason and place until someone mends and replays them. */
export type DeadLetterStore = {
  /** Call inside a transaction; a record that is read again adds nothing. */
  append(letters: readonly DeadLetter[]): void;
  count(): number;
  all(): readonly StoredDeadLetter[];
  /** Asks for records to be read again; of those that are kept in part nothing can be read. */
  request(which: { readonly source?: string | undefined; readonly reason?: string | undefined }): {
    readonly requested: number;
    readonly partial: number;
  };
  /** Records that are to be read again, each once. */
  requested(limit: number): readonly RawRecord[];
  /** Call inside a transaction: what reading a requested record again made of it takes the place of what was kept. */
  settle(record: RawRecord, letters: readonly DeadLetter[]): void;
};

export function createDeadLetterStore(database: Database): DeadLetterStore {
  const insert = database.prepare(
    `INSERT INTO dead_letters (source, partition, offset, seq, reason, detail, at, appended_at, length, sha256, bytes, headers)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const total = database.prepare('SELECT count(*) AS n FROM dead_letters');
  const all = database.prepare('SELECT * FROM dead_letters ORDER BY source, partition, length(offset), offset, seq');
  const which = '(? IS NULL OR source = ?) AND (? IS NULL OR reason = ?)';
  // Of a record of which some events were read nothing is read twice.
  const whole = `length <= ${KEPT_BYTES} AND reason <> 'not-an-object'`;
  const request = database.prepare(
    `INSERT INTO dead_letter_requests SELECT DISTINCT source, partition, offset FROM dead_letters WHERE ${which} AND ${whole} ON CONFLICT DO NOTHING`,
  );
  const partial = database.prepare(`SELECT count(*) AS n FROM dead_letters WHERE ${which} AND NOT (${whole})`);
  const requested = database.prepare(
    `SELECT * FROM dead_letters JOIN dead_letter_requests USING (source, partition, offset)
     GROUP BY source, partition, offset ORDER BY source, partition, length(offset), offset LIMIT ?`,
  );
  const place = 'source = ? AND partition = ? AND offset = ?';
  const dropLetters = database.prepare(`DELETE FROM dead_letters WHERE ${place}`);
  const dropRequest = database.prepare(`DELETE FROM dead_letter_requests WHERE ${place}`);
  const store: DeadLetterStore = {
    append(letters) {
      const numbers = new Map<RawRecord, number>();
      for (const { record, reason, detail, at, withheld } of letters) {
        const seq = numbers.get(record) ?? 0;
        numbers.set(record, seq + 1);
        const bytes = record.bytes ?? new Uint8Array();
        const { source, partition, offset, appendedAt, headers } = record;
        const { length, sha256 } = withheld ?? { length: bytes.length, sha256: sha256Hex(bytes) };
        const kept = bytes.subarray(0, KEPT_BYTES);
        const place = [source, partition, String(offset), seq] as const;
        insert.run(...place, reason, detail, at ?? null, appendedAt, length, sha256, kept, JSON.stringify([...headers]));
      }
    },
    count: () => Number(total.get()?.['n']),
    all: () => all.all().map(letterOf),
    request({ source = null, reason = null }) {
      const filter = [source, source, reason, reason] as const;
      return { requested: Number(request.run(...filter).changes), partial: Number(partial.get(...filter)?.['n']) };
    },
    requested: (limit) => requested.all(limit).map((row) => letterOf(row).record),
    settle(record, letters) {
      const at = [record.source, record.partition, String(record.offset)] as const;
      dropLetters.run(...at);
      dropRequest.run(...at);
      store.append(letters);
    },
  };
  return store;
}

function letterOf(row: Record<string, unknown>): StoredDeadLetter {
  const record: RawRecord = {
    source: String(row['source']),
    partition: Number(row['partition']),
    offset: BigInt(String(row['offset'])),
    appendedAt: Number(row['appended_at']),
    bytes: row['bytes'] as Uint8Array,
    headers: new Map(JSON.parse(String(row['headers'])) as [string, string][]),
  };
  const at = row['at'] === null ? undefined : Number(row['at']);
  const { reason, detail, sha256 } = row as Record<string, string>;
  return { record, reason: String(reason), detail: String(detail), at, length: Number(row['length']), sha256: String(sha256) };
}
