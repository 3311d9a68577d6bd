import { createLedger } from '../src/evidence/ledger.ts';
import { createTally } from '../src/evidence/tally.ts';
import { realLines } from './corpus.ts';
import type { Case } from './sigma.ts';

const BATCH = 500;
/** The engine seals with each checkpoint. */
const SEAL_EVERY = 20_000;
const START = Date.UTC(2026, 9, 1);

/**
 * What the evidence ledger adds to an event that matches nothing: it is counted by minute and type, the batch is told to
 * the ledger, and entries are sealed (canonical JSON, SHA-256, Merkle tree) as often as the engine makes a checkpoint.
 * Beside it the same events through all rules, bytes to matches.
 */
export function ledgerCase(every: number): Case {
  const events = realLines(every).length;
  const times = Array.from({ length: events }, (_, i) => BigInt(START + i * 37) * 1_000_000n);
  return {
    name: 'evidence ledger',
    events,
    run() {
      const ledger = createLedger();
      let entries = 0;
      for (let from = 0; from < events; from += BATCH) {
        const tally = createTally();
        const end = Math.min(events, from + BATCH);
        for (let i = from; i < end; i++) {
          tally.record(BigInt(i), START + i * 37);
          tally.event(times[i] as bigint, i % 7 === 0 ? 'windows.security' : 'windows.sysmon');
        }
        ledger.observe({ kind: 'batch', source: 's', partition: 0, counts: tally.counts() });
        if (end % SEAL_EVERY < BATCH) entries += ledger.seal().length;
      }
      return entries + ledger.seal().length;
    },
  };
}
