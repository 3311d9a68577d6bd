import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/evidence/entry.ts';
import { createLedger, type Ledger } from '../../src/evidence/ledger.ts';
import { ledgerStateOf } from '../../src/evidence/ledger-state.ts';
import type { LedgerObservation } from '../../src/evidence/observation.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import { batch } from './a-batch.ts';

const observation: fc.Arbitrary<LedgerObservation> = fc.oneof(
  fc.record({ kind: fc.constant('silence' as const), at: fc.nat(), source: fc.string(), since: fc.nat(), cause: fc.string() }),
  fc.record({ kind: fc.constant('shutdown' as const), at: fc.nat(), reason: fc.string({ unit: 'binary' }) }),
  fc.record({
    kind: fc.constant('delivery' as const),
    at: fc.nat(),
    sink: fc.constantFrom('a', 'b'),
    outcomes: fc.array(fc.record({ id: fc.string(), outcome: fc.constantFrom('stored' as const, 'retry' as const, 'rejected' as const) })),
  }),
  fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 9 })).map(([from, count]) => batch(from, count)),
  fc.record({
    kind: fc.constant('gap' as const),
    at: fc.nat(),
    source: fc.constant('s'),
    partition: fc.nat(2),
    from: fc.constant(undefined),
    to: fc.option(fc.bigInt({ min: 0n, max: 60n }), { nil: undefined }),
    cause: fc.constant('expired'),
  }),
);

test('whatever is observed: the chain verifies, the state is the one read from the entries, and a restart goes on the same', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(observation, fc.boolean(), fc.boolean()), { maxLength: 25 }), (script) => {
      const run = (restarts: boolean): LedgerEntry[] => {
        const entries: LedgerEntry[] = [];
        let ledger: Ledger = createLedger();
        for (const [what, seal, restart] of script) {
          ledger.observe(what);
          if (!seal && !restart) continue;
          entries.push(...ledger.seal());
          expect(ledgerStateOf(entries)).toEqual(ledger.state());
          if (restart && restarts) ledger = createLedger(JSON.parse(JSON.stringify(ledger.state())));
        }
        entries.push(...ledger.seal());
        expect(verifyChain(entries, ledger.head()).faults).toEqual([]);
        return entries;
      };
      expect(run(true)).toEqual(run(false));
    }),
    { numRuns: 300 },
  );
});
