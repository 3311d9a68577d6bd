import { fromText, toText } from '../../correlate/codec.ts';
import type { LedgerEntry } from '../../evidence/entry.ts';
import { createLedger } from '../../evidence/ledger.ts';
import { ledgerStateOf } from '../../evidence/ledger-state.ts';
import type { Clock } from '../../shared/clock.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Store } from '../../store/store.ts';
import type { Worker } from '../../transport/port.ts';
import { createFactBook, type FactBookState } from './fact-book.ts';
import { decodeFact } from './facts.ts';

export type EvidenceDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly every: { readonly records: number; readonly ms: number };
};

const NAME = 'facts';
type Saved = { readonly next: bigint; readonly book: FactBookState };

/**
 * Reads the topic of facts into the ledger of one store: entries, which facts were counted, and how far it came are one
 * transaction, so each fact is in the chain once. Where the group stands is not asked.
 */
export function evidenceWorker({ store, clock, logger, every }: EvidenceDeps): Worker {
  return async (owned) => {
    const row = store.reducers.load(NAME);
    const saved = row === undefined ? undefined : (fromText(JSON.stringify(row.state)) as Saved);
    const ledger = createLedger(ledgerStateOf(store.ledger.entries() as unknown as Iterable<LedgerEntry>));
    const book = createFactBook(saved?.book);
    const { low } = await owned.bounds();
    let next = saved?.next ?? 0n;
    if (next < low) {
      logger.error({ from: String(next), to: String(low) }, 'facts were removed before they were read: the ledger has a hole');
      next = low;
    }
    let taken = 0;
    let savedAt = clock.now();
    const save = async (): Promise<void> => {
      store.transaction(() => {
        store.ledger.append(ledger.seal());
        store.reducers.save(NAME, JSON.parse(toText({ next, book: book.snapshot() } satisfies Saved)) as JsonValue, Number(next));
      });
      taken = 0;
      savedAt = clock.now();
      await owned.commit({ offset: next, metadata: '' }).catch(() => undefined);
    };
    for await (const entries of owned.read(next)) {
      if (owned.revoked.aborted) break;
      for (const { offset, value } of entries) {
        if (offset < next) continue;
        const fact = decodeFact(value);
        for (const observation of fact === undefined ? [] : book.take(fact)) ledger.observe(observation);
        next = offset + 1n;
        taken++;
      }
      if (taken >= every.records || (taken > 0 && clock.now() - savedAt >= every.ms)) await save();
    }
    if (taken > 0) await save();
  };
}
