/**
 * Which part of a source has which partition number, kept for good: a file keeps its number when it is renamed, a topic
 * when others are added beside it. `identity` is the source's own text for the part.
 */
export type PartitionRegister = {
  all(): readonly RegisteredPartition[];
  set(number: number, identity: string): void;
  /** What was noted of partitions beside their identity, by number; a source has its own numbers for it. */
  marks(): ReadonlyMap<number, string>;
  mark(number: number, text: string): void;
};

export type RegisteredPartition = { readonly number: number; readonly identity: string };

/** A register for runs without a store. */
export function createMemoryRegister(): PartitionRegister {
  const known = new Map<number, string>();
  const marks = new Map<number, string>();
  return {
    all: () => [...known].map(([number, identity]) => ({ number, identity })),
    set: (number, identity) => void known.set(number, identity),
    marks: () => marks,
    mark: (number, text) => void marks.set(number, text),
  };
}
