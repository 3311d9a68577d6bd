import { describe, expect, test } from 'vitest';
import { EMBEDDED_MUTANTS, embeddedFaultOf, simulateEmbedded } from './embedded.ts';

const SEEDS = Number(process.env['WARDLINE_EMBEDDED_SEEDS'] ?? 100);
const FRESH = 100;

describe('the embedded engine on its store, killed before and after its transactions and calls', () => {
  test(`${SEEDS} runs: nothing lost, nothing spurious, every alert called for, none after it was settled`, async () => {
    const wrong: string[] = [];
    let [expected, kills] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await simulateEmbedded(seed);
      expected += outcome.expected;
      kills += outcome.kills;
      const fault = embeddedFaultOf(outcome);
      if (fault !== undefined) wrong.push(`seed ${seed}: ${fault}`);
    }
    console.log(`${SEEDS} runs of the embedded engine: ${expected} alerts expected, ${kills} kills, ${wrong.length} wrong`);
    expect(wrong).toEqual([]);
    expect(kills).toBeGreaterThan(SEEDS);
  });

  test('a seed gives the same run again', async () => {
    expect(await simulateEmbedded(5)).toEqual(await simulateEmbedded(5));
  });
});

describe('a guard of the embedded form taken away is noticed', () => {
  test.each(Object.entries(EMBEDDED_MUTANTS))('%s', async (_name, mutant) => {
    for (let seed = 1; seed <= FRESH; seed++) if (embeddedFaultOf(await simulateEmbedded(seed, mutant)) !== undefined) return;
    expect.unreachable('not noticed');
  });
});
