/**
 * Which part of a source has which partition number, kept for good: a file keeps its number when it is renamed, a topic
 * when others are added beside it. `identity` is the source's own text for the part.
 */
export type PartitionRegister = {
  all(): readonly RegisteredPartition[];
  set(number: number, identity: string): void;
};

export type RegisteredPartition = { readonly number: number; readonly identity: string };

/** A register for runs without a store. */
export function createMemoryRegister(): PartitionRegister {
  const known = new Map<number, string>();
  return {
    all: () => [...known].map(([number, identity]) => ({ number, identity })),
    set: (number, identity) => void known.set(number, identity),
  };
}
