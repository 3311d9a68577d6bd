import { expect, test } from 'vitest';
import type { Note } from '../../src/correlate/correlator.ts';
import type { LedgerObservation as Observation } from '../../src/evidence/observation.ts';
import { createWitness } from '../../src/pipeline/witness.ts';

const SECOND = 1_000_000_000n;
const learning = (group: string, from: bigint): Note => ({
  kind: 'undecided',
  reason: 'learning',
  rule: 'r',
  group: { key: group, values: {} },
  time: from,
  window: { start: from, end: from + 7200n * SECOND },
});

function observed(notes: readonly Note[]): readonly Observation[] {
  const told: Observation[] = [];
  const witness = createWitness({ observe: (one: Observation) => void told.push(one) } as never, []);
  for (const note of notes) witness.note(note);
  return told;
}

test('a baseline that is being learned stands in the ledger, once per rule and hour however many groups are new', () => {
  const flood = Array.from({ length: 1000 }, (_, i) => learning(`g${i}`, BigInt(i) * SECOND));
  expect(observed([...flood, learning('late', 3600n * SECOND)])).toEqual([
    { kind: 'rule-fault', at: 0, rule: 'r', cause: 'baseline learning', from: 0, to: 7_200_000 },
    { kind: 'rule-fault', at: 3_600_000, rule: 'r', cause: 'baseline learning', from: 3_600_000, to: 10_800_000 },
  ]);
});

test('values that the state of groups let go stand there as state that was dropped, with their window', () => {
  const note: Note = { kind: 'bounded', rule: 'r', time: SECOND, dropped: 250, window: { start: SECOND, end: 61n * SECOND } };
  expect(observed([note])).toEqual([{ kind: 'eviction', at: 1000, rule: 'r', count: 250, from: 1000, to: 61_000 }]);
});
