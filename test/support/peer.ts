import type { Verdict } from '../contract/sink-contract.ts';

/** How a peer of a test answers, and the calls it leaves without an answer. */
export function createPeer() {
  let verdict: (id: string) => Verdict = () => 'take';
  let hung = Promise.withResolvers<void>();
  return {
    verdictOf: (id: string): Verdict => verdict(id),
    answer(next: (id: string) => Verdict): void {
      verdict = next;
      hung = Promise.withResolvers<void>();
    },
    hang: (): void => hung.resolve(),
    hanging: (): Promise<void> => hung.promise,
  };
}
