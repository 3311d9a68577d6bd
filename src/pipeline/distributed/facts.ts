import type { Settings } from '../../config/settings.ts';
import { fromText, toText } from '../../correlate/codec.ts';
import { createLedger } from '../../evidence/ledger.ts';
import type { LedgerObservation } from '../../evidence/observation.ts';
import { createWitness, type Witness } from '../witness.ts';

/** What stages tell the evidence ledger, in the topic of facts; every one may be told again after a crash. */
export type Fact =
  /** What a source partition gave from one offset up to, not including, another, told before its owner commits. */
  | {
      readonly kind: 'range';
      readonly source: string;
      readonly partition: number;
      readonly incarnation: number;
      readonly from: bigint;
      readonly next: bigint;
      readonly observed: readonly LedgerObservation[];
    }
  /** The commit of that offset was accepted. */
  | { readonly kind: 'settled'; readonly source: string; readonly partition: number; readonly incarnation: number; readonly next: bigint }
  /** Things with places in an order that replays repeat: of each stream only what lies beyond the highest place counts. */
  | { readonly kind: 'placed'; readonly stream: string; readonly items: readonly Placed[] }
  /** Rules that are active, by their number. */
  | { readonly kind: 'rules'; readonly seq: number; readonly observed: readonly LedgerObservation[] };

export type Placed = { readonly at: bigint; readonly index: number; readonly observed: readonly LedgerObservation[] };

export const encodeFact = (fact: Fact): Uint8Array => Buffer.from(toText(fact));

/** Undefined: the record is no fact. */
export function decodeFact(value: Uint8Array | null): Fact | undefined {
  return value === null ? undefined : (fromText(Buffer.from(value).toString('utf8')) as Fact);
}

/** What a witness would tell a ledger, as data. */
export function createRecorder(sources: Settings['sources']): (tell: (witness: Witness) => void) => readonly LedgerObservation[] {
  let found: LedgerObservation[] = [];
  const witness = createWitness({ ...createLedger(), observe: (one) => void found.push(one) }, sources);
  return (tell) => {
    found = [];
    tell(witness);
    return found;
  };
}
