import type { Coordinate } from '../event/raw-record.ts';
import { sha256Hex } from '../shared/digest.ts';
import type { Database } from './sqlite.ts';

/** Where a source partition continues: everything below `offset` is in the checkpoint. */
export type Position = Coordinate;

/** The state of the engine with the positions it is the state of: written and read as one. */
export type Checkpoint = { readonly ruleset: string; readonly state: Uint8Array; readonly positions: readonly Position[] };

export type CheckpointStore = {
  /** Newest whole checkpoint; a damaged one is passed over for the one before it and named in `damaged`. */
  loadNewest(): { readonly checkpoint: Checkpoint | undefined; readonly damaged: readonly number[] };
  /** Call inside a transaction. Keeps the newest two. */
  save(checkpoint: Checkpoint): void;
};

export function createCheckpointStore(database: Database): CheckpointStore {
  const newest = database.prepare('SELECT id, ruleset, state, sha256 FROM checkpoints ORDER BY id DESC');
  const positionsOf = database.prepare(
    'SELECT source, partition, next_offset FROM positions WHERE checkpoint = ? ORDER BY source, partition',
  );
  const insert = database.prepare('INSERT INTO checkpoints (ruleset, state, sha256) VALUES (?, ?, ?)');
  const insertPosition = database.prepare('INSERT INTO positions VALUES (?, ?, ?, ?)');
  const dropOld = database.prepare('DELETE FROM checkpoints WHERE id NOT IN (SELECT id FROM checkpoints ORDER BY id DESC LIMIT 2)');
  const dropOldPositions = database.prepare('DELETE FROM positions WHERE checkpoint NOT IN (SELECT id FROM checkpoints)');
  return {
    loadNewest() {
      const damaged: number[] = [];
      for (const row of newest.all()) {
        const state = row['state'] as Uint8Array;
        const positions = positionsOf.all(Number(row['id'])).map(positionOf);
        if (digestOf(state, positions) === row['sha256']) {
          return { checkpoint: { ruleset: String(row['ruleset']), state, positions }, damaged };
        }
        damaged.push(Number(row['id']));
      }
      return { checkpoint: undefined, damaged };
    },
    save({ ruleset, state, positions }) {
      const { lastInsertRowid } = insert.run(ruleset, state, digestOf(state, [...positions].sort(byPlace)));
      for (const { source, partition, offset } of positions) insertPosition.run(lastInsertRowid, source, partition, String(offset));
      dropOld.run();
      dropOldPositions.run();
    },
  };
}

function byPlace(a: Position, b: Position): number {
  return a.source < b.source ? -1 : a.source > b.source ? 1 : a.partition - b.partition;
}

function positionOf(row: Record<string, unknown>): Position {
  return { source: String(row['source']), partition: Number(row['partition']), offset: BigInt(String(row['next_offset'])) };
}

function digestOf(state: Uint8Array, positions: readonly Position[]): string {
  const places = positions.map(({ source, partition, offset }) => JSON.stringify([source, partition, String(offset)]));
  return sha256Hex(`${sha256Hex(state)}\n${places.join('\n')}`);
}
