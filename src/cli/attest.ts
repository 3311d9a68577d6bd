import { WardlineError } from '../shared/errors.ts';
import { printable } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import { actorOf } from './actor.ts';
import { EXIT } from './exit-codes.ts';
import { durationOf, instantOf } from './flag-values.ts';
import type { Io } from './io.ts';

export type AttestFlags = {
  readonly store: string;
  readonly notMet?: boolean;
  readonly from?: string;
  readonly for: string;
  readonly by?: string;
  readonly note?: string;
};

const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const MAX_NOTE = 1000;
const LONGEST_MS = 366 * 86_400_000;

/**
 * `wardline evidence attest`: a person states what no log can show. Durable when it returns; a running engine puts it into
 * the ledger within a second, otherwise the next one does. It counts from `from` on for the time given, at most a year.
 */
export function evidenceAttest(statement: string, flags: AttestFlags, io: Io): number {
  if (!NAME.test(statement)) throw new WardlineError('usage', `"${printable(statement)}" is no name of a statement, such as au-6-review`);
  const at = io.clock.now();
  const from = flags.from === undefined ? at : instantOf(flags.from, '--from');
  const length = durationOf(flags.for, '--for');
  if (length > LONGEST_MS)
    throw new WardlineError('usage', `--for takes a duration such as 7d, at most 366d, not "${printable(flags.for)}"`);
  const note = (flags.note ?? '').trim();
  if (note.length > MAX_NOTE) throw new WardlineError('usage', `a note has at most ${MAX_NOTE} characters, not ${note.length}`);
  const by = actorOf(flags.by, io);
  const stated = flags.notMet ? 'not-met' : 'met';
  const store = openStore(flags.store, { beside: true });
  try {
    store.attestations.add({ id: statement, by, statement: stated, from, until: from + length, note, at });
  } finally {
    store.close();
  }
  io.out(`${printable(by)} states: ${statement} is ${stated}, until ${new Date(from + length).toISOString()}\n`);
  return EXIT.ok;
}
