import type { LedgerObservation } from '../../src/evidence/observation.ts';
import { createTally } from '../../src/evidence/tally.ts';

/** The day of all of these, ms. */
export const T0 = Date.UTC(2026, 10, 2);
export const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;

/** What is observed of `count` records of source `s` from offset `from` on, one event each. */
export function batch(
  from: number,
  count: number,
  changes: Partial<Extract<LedgerObservation, { kind: 'batch' }>> = {},
): LedgerObservation {
  const tally = createTally();
  for (let i = from; i < from + count; i++) {
    tally.record(BigInt(i), T0 + i);
    tally.event(nanos(T0 + i * 10_000), 'okta');
  }
  return { kind: 'batch', source: 's', partition: 0, counts: tally.counts(), ...changes };
}
