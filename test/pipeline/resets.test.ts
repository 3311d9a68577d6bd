import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { createLedger } from '../../src/evidence/ledger.ts';
import { ledgerStateOf } from '../../src/evidence/ledger-state.ts';
import { createTally } from '../../src/evidence/tally.ts';
import { takeResets } from '../../src/pipeline/resets.ts';
import { createWitness } from '../../src/pipeline/witness.ts';
import type { Batch } from '../../src/source/source.ts';
import { openStore } from '../../src/store/store.ts';
import { hurriedClock } from '../support/step-clock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-reset-'));
  path = join(folder, 'wardline.db');
  const store = openStore(path);
  store.partitions.of('k').set(0, 'logs');
  store.partitions.of('k').set(1, 'other');
  store.partitions.of('f').set(0, '{"path":"/x"}');
  store.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function cli(...args: string[]): Promise<string> {
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => {}, environment: { WARDLINE_ACTOR: 'ops' }, clock: hurriedClock };
  await createProgram(io as never, undefined as never, () => {}).parseAsync([
    'node',
    'wardline',
    'source',
    'reset',
    ...args,
    '--store',
    path,
  ]);
  return out;
}

describe('wardline source reset', () => {
  test('ends the partitions of the topic with a gap, gives it new numbers, and both are evidence with actor and reason', async () => {
    expect(await cli('k', '--topic', 'logs', '--reason', 'made anew on Monday')).toMatch(
      /when the engine starts next, logs is read from its/,
    );
    const store = openStore(path);
    const witness = createWitness(createLedger(ledgerStateOf([])), [{ kind: 'kafka', name: 'k' } as never]);
    const steps: Batch[] = [];
    const taken = takeResets({
      partitions: store.partitions,
      observe: witness.reset,
      engine: {
        positions: () =>
          new Map([
            [2, 41n],
            [1_000_002, 7n],
          ]),
        step(source, batch) {
          steps.push(batch);
          const ingested = { matches: [], excepted: [], deadLetters: [], checked: 0, counts: createTally().counts() };
          witness.step({ source, batch, ingested, alerts: [] });
          return [];
        },
        checkpoint: (more) => store.transaction(() => more?.()),
      },
    });
    expect(taken).toMatchObject([{ source: 'k', topic: 'logs', actor: 'ops', reason: 'made anew on Monday' }]);
    expect(steps).toEqual([{ partition: 2, records: [], gap: { from: 41n, to: undefined, cause: 'reset' }, end: true }]);
    const entries = witness.seal() as unknown as readonly { readonly kind: string; readonly body: object }[];
    expect(entries.find(({ kind }) => kind === 'audit')).toMatchObject({
      body: { actor: 'ops', action: 'source.reset', object: 'k/logs', reason: 'made anew on Monday' },
    });
    expect(entries.find(({ kind }) => kind === 'gap')).toMatchObject({ body: { partition: 2, from: '41', to: null, cause: 'reset' } });
    expect(store.partitions.resets()).toEqual([]);
    expect(store.partitions.of('k').all()).toEqual([
      { number: 0, identity: 'logs#0' },
      { number: 1, identity: 'other' },
    ]);
    expect(takeResets({ partitions: store.partitions, observe: () => expect.unreachable(), engine: undefined as never })).toEqual([]);
    store.close();
  });

  test.each([
    [['k', '--topic', 'lost', '--reason', 'r'], /source "k" has read no topic "lost": it has read logs, other/],
    [['f', '--topic', 'x', '--reason', 'r'], /source "f" has read no topic "x": no Kafka source of this name was read/],
    [['k', '--topic', 'logs', '--reason', '  '], /--reason says why/],
  ])('%j is refused', async (args, message) => {
    await expect(cli(...args)).rejects.toThrow(message);
  });
});
