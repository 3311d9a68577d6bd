import type { Body, LedgerEntry } from './entry.ts';
import { entryText, GENESIS } from './entry.ts';
import { appendLeaf, type Frontier, leafHash } from './merkle.ts';

/** What a ledger needs to go on after a restart; plain JSON. Equal to what `ledgerStateOf` reads from the entries. */
export type LedgerState = {
  readonly size: number;
  readonly chain: string;
  readonly at: string;
  readonly frontier: Frontier;
  readonly activation: Body<'activation'> | null;
  /** Newest position of each source partition, and the minute of its last event of all time. */
  readonly positions: readonly KnownPosition[];
};

export type KnownPosition = { readonly position: Body<'position'>; readonly lastEver: number | null };

export function emptyLedgerState(): LedgerState {
  return { size: 0, chain: GENESIS, at: new Date(0).toISOString(), frontier: [], activation: null, positions: [] };
}

export function partitionKey({ source, partition }: { readonly source: string; readonly partition: number }): string {
  return JSON.stringify([source, partition]);
}

export function sortedPositions(positions: ReadonlyMap<string, KnownPosition>): KnownPosition[] {
  return [...positions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, known]) => known);
}

/** Reads the state from a stored chain. Trusts it: verify the chain first where it may have been touched. */
export function ledgerStateOf(entries: Iterable<LedgerEntry>): LedgerState {
  let { size, chain, at, activation, frontier } = emptyLedgerState();
  const positions = new Map<string, KnownPosition>();
  for (const entry of entries) {
    frontier = appendLeaf(frontier, size, leafHash(entryText(entry)));
    size++;
    chain = entry.hash;
    at = entry.at;
    if (entry.kind === 'activation') activation = entry.body;
    if (entry.kind === 'position') {
      const key = partitionKey(entry.body);
      positions.set(key, { position: entry.body, lastEver: entry.body.lastMinute ?? positions.get(key)?.lastEver ?? null });
    }
  }
  return { size, chain, at, frontier, activation, positions: sortedPositions(positions) };
}
