import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Checkpoint } from '../../src/store/checkpoints.ts';
import { createCheckpointStore } from '../../src/store/checkpoints.ts';
import { type Database, openDatabase } from '../../src/store/sqlite.ts';
import type { PartitionCheckpoint } from '../../src/transport/checkpoints.ts';
import { describeCheckpointsContract } from '../contract/checkpoints-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-checkpoints-'));
let files = 0;
let open: Database | undefined;
afterAll(() => {
  open?.close();
  rmSync(folder, { recursive: true, force: true });
});

const asStored = ({ next, ruleset, state }: PartitionCheckpoint): Checkpoint => ({
  ruleset,
  state,
  positions: [{ source: 's', partition: 0, offset: next }],
});

// The embedded engine is one process with one checkpoint of all its partitions: no place that others write to as well.
describeCheckpointsContract('a table of the embedded store', async () => {
  const path = join(folder, `${files++}.db`);
  /** The file as the next process finds it. */
  const next = (): Database => {
    open?.close();
    open = openDatabase(path);
    return open;
  };
  return {
    open() {
      const database = next();
      const store = createCheckpointStore(database);
      return {
        async load() {
          const { checkpoint, damaged } = store.loadNewest();
          return {
            checkpoint: checkpoint && {
              next: checkpoint.positions[0]?.offset ?? 0n,
              ruleset: checkpoint.ruleset,
              state: checkpoint.state,
            },
            damaged: damaged.length,
          };
        },
        save: async (checkpoint) => database.transaction(() => store.save(asStored(checkpoint))),
      };
    },
    async damage(n) {
      const row = next().prepare('SELECT id, state FROM checkpoints ORDER BY id DESC LIMIT 1 OFFSET ?').get(n) as {
        id: number;
        state: Uint8Array;
      };
      const state = Uint8Array.from(row.state);
      state[state.length >> 1] = (state[state.length >> 1] as number) ^ 4;
      next().prepare('UPDATE checkpoints SET state = ? WHERE id = ?').run(state, row.id);
    },
    async tear(checkpoint) {
      const database = next();
      const store = createCheckpointStore(database);
      try {
        database.transaction(() => {
          store.save(asStored(checkpoint));
          throw new Error('killed');
        });
      } catch {}
    },
    kept: async () => Number((open ?? next()).prepare('SELECT count(*) AS n FROM checkpoints').get()?.['n']),
  };
});
