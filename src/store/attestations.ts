import type { Database } from './sqlite.ts';

/** What a person stated about something no log can show; times are ms since the epoch. */
export type Attestation = {
  /** The statement of a control pack that it answers, for example `au-6-review`. */
  readonly id: string;
  readonly by: string;
  readonly statement: 'met' | 'not-met';
  readonly from: number;
  readonly until: number;
  readonly note: string;
  readonly at: number;
};

export type AttestationStore = {
  /** Durable when it returns. Also from a process beside the engine. */
  add(attestation: Attestation): void;
  /** Statements that the ledger does not have yet, in the order in which they were made. */
  untold(): readonly (Attestation & { readonly seq: number })[];
  /** Call inside the transaction that seals the ledger. */
  told(seqs: readonly number[]): void;
};

export function createAttestationStore(database: Database): AttestationStore {
  const insert = database.prepare('INSERT INTO attestations (id, actor, statement, starts, ends, note, at) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const untold = database.prepare('SELECT * FROM attestations WHERE told = 0 ORDER BY seq');
  const tell = database.prepare('UPDATE attestations SET told = 1 WHERE seq = ?');
  return {
    add: ({ id, by, statement, from, until, note, at }) => void insert.run(id, by, statement, from, until, note, at),
    untold: () =>
      untold.all().map((row) => ({
        seq: Number(row['seq']),
        id: String(row['id']),
        by: String(row['actor']),
        statement: String(row['statement']) as Attestation['statement'],
        from: Number(row['starts']),
        until: Number(row['ends']),
        note: String(row['note']),
        at: Number(row['at']),
      })),
    told(seqs) {
      for (const seq of seqs) tell.run(seq);
    },
  };
}
