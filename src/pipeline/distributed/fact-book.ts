import type { LedgerObservation } from '../../evidence/observation.ts';
import type { Fact } from './facts.ts';

/** Of facts that may be told twice, by owners and by those who slept, those that count: each offset and each alert once. */
export type FactBook = {
  /** What is now known for good. */
  take(fact: Fact): readonly LedgerObservation[];
  snapshot(): FactBookState;
};

type Candidate = { readonly next: bigint; readonly observed: readonly LedgerObservation[] };
type Source = { settled: bigint; candidates: Candidate[] };

export type FactBookState = {
  readonly sources: ReadonlyMap<string, Source>;
  readonly places: ReadonlyMap<string, readonly [at: bigint, index: number]>;
  readonly rules: number;
};

/**
 * A range counts when its end is settled: by the word of its owner, or because the next range begins there. Until then it is
 * one of those that begin where the last one ended; a worker that took over may have cut the records otherwise.
 */
export function createFactBook(state: FactBookState = { sources: new Map(), places: new Map(), rules: 0 }): FactBook {
  const sources = new Map([...state.sources].map(([key, { settled, candidates }]) => [key, { settled, candidates: [...candidates] }]));
  const places = new Map(state.places);
  let { rules } = state;

  const settle = (source: Source, next: bigint): readonly LedgerObservation[] => {
    const found = source.candidates.find((one) => one.next === next);
    if (found === undefined) return [];
    source.settled = next;
    source.candidates = [];
    return found.observed;
  };
  const range = ({
    source,
    partition,
    incarnation,
    from,
    next,
    observed,
  }: Extract<Fact, { kind: 'range' }>): readonly LedgerObservation[] => {
    const key = JSON.stringify([source, partition, incarnation]);
    const known = sources.get(key) ?? { settled: from, candidates: [] };
    sources.set(key, known);
    if (from < known.settled) return [];
    let before: readonly LedgerObservation[] = [];
    if (from > known.settled) {
      before = settle(known, from);
      if (known.settled !== from) {
        // What lies between was removed, or was never told: the ledger sees the hole in the offsets.
        const longest = known.candidates.reduce<Candidate | undefined>(
          (most, one) => (one.next <= from && (most === undefined || one.next > most.next) ? one : most),
          undefined,
        );
        before = longest?.observed ?? [];
        known.settled = from;
        known.candidates = [];
      }
    }
    known.candidates = [...known.candidates.filter((one) => one.next !== next), { next, observed }];
    return before;
  };

  return {
    take(fact) {
      switch (fact.kind) {
        case 'range':
          return range(fact);
        case 'settled': {
          const known = sources.get(JSON.stringify([fact.source, fact.partition, fact.incarnation]));
          return known === undefined ? [] : settle(known, fact.next);
        }
        case 'placed':
          return fact.items.flatMap(({ at, index, observed }) => {
            const last = places.get(fact.stream);
            if (last !== undefined && (at < last[0] || (at === last[0] && index <= last[1]))) return [];
            places.set(fact.stream, [at, index]);
            return observed;
          });
        case 'rules':
          if (fact.seq <= rules) return [];
          rules = fact.seq;
          return fact.observed;
      }
    },
    snapshot: () => ({ sources: new Map(sources), places: new Map(places), rules }),
  };
}
