import { messageOf } from '../shared/errors.ts';
import { createAccounting } from './accounting.ts';
import { entryHash, entryText, GENESIS, type LedgerEntry, parseEntry } from './entry.ts';
import type { LedgerHead } from './ledger.ts';
import { appendLeaf, type Frontier, leafHash, rootOf } from './merkle.ts';

export type ChainFaultCode =
  | 'not-json'
  | 'not-canonical'
  | 'shape'
  | 'sequence'
  | 'previous'
  | 'hash'
  | 'time'
  | 'accounting'
  | 'head-size'
  | 'head-chain'
  | 'head-root';

/** One thing wrong with a chain; `seq` is the place in the chain, counted from 0. */
export type ChainFault = { readonly code: ChainFaultCode; readonly seq: number; readonly message: string };

/** Takes entries in order and says what is wrong with each; `head()` is where the chain stands after the last. */
export interface ChainVerifier {
  entry(value: unknown): ChainFault | undefined;
  /** One line of an exported chain: its bytes must be the canonical form. */
  line(text: string): ChainFault | undefined;
  /** Newest entry taken without fault. */
  last(): LedgerEntry | undefined;
  head(): LedgerHead;
}

export function createChainVerifier(): ChainVerifier {
  const accounting = createAccounting();
  let frontier: Frontier = [];
  let seq = 0;
  let previous: LedgerEntry | undefined;

  const check = (entry: LedgerEntry): Omit<ChainFault, 'seq'> | undefined => {
    if (entry.seq !== seq) return { code: 'sequence', message: `expected entry ${seq}, found ${entry.seq}` };
    const prev = previous?.hash ?? GENESIS;
    if (entry.prev !== prev) return { code: 'previous', message: `does not follow the entry before it (${prev.slice(0, 12)}...)` };
    if (entryHash(entry) !== entry.hash) return { code: 'hash', message: 'hash does not fit the content' };
    if (previous !== undefined && entry.at < previous.at) {
      return { code: 'time', message: `time ${entry.at} is before ${previous.at}` };
    }
    const wrong = accounting(entry);
    return wrong === undefined ? undefined : { code: 'accounting', message: wrong };
  };

  const take = (value: unknown, text: string | undefined): ChainFault | undefined => {
    const entry = parseEntry(value);
    if ('fault' in entry) return { code: 'shape', seq, message: entry.fault };
    const canonical = entryText(entry);
    if (text !== undefined && text !== canonical) return { code: 'not-canonical', seq, message: 'not in canonical JSON form' };
    const fault = check(entry);
    if (fault !== undefined) return { seq, ...fault };
    frontier = appendLeaf(frontier, seq, leafHash(canonical));
    seq++;
    previous = entry;
    return undefined;
  };

  return {
    entry: (value) => take(value, undefined),
    line(text) {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        return { code: 'not-json', seq, message: messageOf(error) };
      }
      return take(value, text);
    },
    last: () => previous,
    head: () => ({ size: seq, chain: previous?.hash ?? GENESIS, root: rootOf(frontier), at: previous?.at ?? new Date(0).toISOString() }),
  };
}

export type ChainResult = { readonly faults: readonly ChainFault[]; readonly head: LedgerHead };

/**
 * Checks a whole chain, stopping at its first fault (what follows a break cannot be judged). Without a trusted head a
 * cut tail is not found: a shorter chain is a valid chain.
 */
export function verifyChain(entries: Iterable<unknown>, expected?: LedgerHead): ChainResult {
  const verifier = createChainVerifier();
  for (const value of entries) {
    const fault = verifier.entry(value);
    if (fault !== undefined) return { faults: [fault], head: verifier.head() };
  }
  const head = verifier.head();
  return { faults: expected === undefined ? [] : headFaults(head, expected), head };
}

/** How the head of a chain differs from the one that was signed. */
export function headFaults(actual: LedgerHead, expected: LedgerHead): ChainFault[] {
  const seq = actual.size;
  if (actual.size !== expected.size) {
    return [{ code: 'head-size', seq, message: `the chain has ${actual.size} entries, the head says ${expected.size}` }];
  }
  if (actual.chain !== expected.chain) return [{ code: 'head-chain', seq, message: 'the last hash is not the one of the head' }];
  if (actual.root !== expected.root) return [{ code: 'head-root', seq, message: 'the tree hash is not the one of the head' }];
  return [];
}
