import { createHash } from 'node:crypto';

/**
 * Merkle tree hashing of RFC 6962: leaves and nodes carry different prefixes, so that neither passes for the other.
 * Hashes are lower-case hex outside and inside; trees are small and this way they can be read, stored and compared.
 */
export const EMPTY_ROOT = createHash('sha256').digest('hex');

/** Roots of the perfect subtrees of a log, largest first: all that appending needs. */
export type Frontier = readonly string[];

export function leafHash(bytes: string | Uint8Array): string {
  return createHash('sha256').update('\0').update(bytes).digest('hex');
}

export function nodeHash(left: string, right: string): string {
  return createHash('sha256').update('\u0001').update(left, 'hex').update(right, 'hex').digest('hex');
}

/** The frontier after one more leaf on a log of `size` leaves. */
export function appendLeaf(frontier: Frontier, size: number, leaf: string): Frontier {
  const subtrees = [...frontier];
  let hash = leaf;
  // Every trailing 1 bit of the size is a full subtree that the new leaf completes.
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) hash = nodeHash(subtrees.pop() ?? '', hash);
  return [...subtrees, hash];
}

export function rootOf(frontier: Frontier): string {
  let root: string | undefined;
  for (let i = frontier.length - 1; i >= 0; i--) {
    const subtree = frontier[i] ?? '';
    root = root === undefined ? subtree : nodeHash(subtree, root);
  }
  return root ?? EMPTY_ROOT;
}

/** Largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** A tree over leaf hashes that answers proofs; keeps one hash per node of full subtrees. */
export type MerkleTree = {
  readonly size: number;
  root(size?: number): string;
  /** RFC 6962 audit path of the leaf at `index` in the tree of the first `size` leaves. */
  inclusion(index: number, size?: number): string[];
  /** RFC 6962 consistency proof between the trees of the first `from` and the first `to` leaves. */
  consistency(from: number, to?: number): string[];
};

export function createTree(leaves: readonly string[]): MerkleTree {
  const cache = new Map<string, string>();
  const hashOf = (start: number, end: number): string => {
    if (end - start === 0) return EMPTY_ROOT;
    if (end - start === 1) return leaves[start] ?? '';
    const key = `${start}/${end}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const middle = start + splitOf(end - start);
    const hash = nodeHash(hashOf(start, middle), hashOf(middle, end));
    cache.set(key, hash);
    return hash;
  };
  const path = (index: number, start: number, end: number): string[] => {
    if (end - start <= 1) return [];
    const middle = start + splitOf(end - start);
    if (index < middle) return [...path(index, start, middle), hashOf(middle, end)];
    return [...path(index, middle, end), hashOf(start, middle)];
  };
  const subproof = (size: number, start: number, end: number, whole: boolean): string[] => {
    if (size === end - start) return whole ? [] : [hashOf(start, end)];
    const split = splitOf(end - start);
    const middle = start + split;
    if (size <= split) return [...subproof(size, start, middle, whole), hashOf(middle, end)];
    return [...subproof(size - split, middle, end, false), hashOf(start, middle)];
  };
  return {
    size: leaves.length,
    root: (size = leaves.length) => hashOf(0, size),
    inclusion: (index, size = leaves.length) => path(index, 0, size),
    consistency: (from, to = leaves.length) => (from === 0 ? [] : subproof(from, 0, to, true)),
  };
}

/** Where a proof stands on its way up: `node` of `last`, both counted on the current level. */
type Walk = { node: number; last: number };

/** Takes one sibling: says on which side it stands and goes up, past levels where the node has no sibling. */
function climb(walk: Walk): 'left' | 'right' {
  const side = walk.node % 2 === 1 || walk.node === walk.last ? 'left' : 'right';
  if (side === 'left') while (walk.node % 2 === 0 && walk.node !== 0) up(walk);
  up(walk);
  return side;
}

function up(walk: Walk): void {
  walk.node = Math.floor(walk.node / 2);
  walk.last = Math.floor(walk.last / 2);
}

/** Checks an audit path (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(leaf: string, index: number, size: number, proof: readonly string[], root: string): boolean {
  if (index < 0 || index >= size) return false;
  const walk = { node: index, last: size - 1 };
  let hash = leaf;
  for (const sibling of proof) {
    if (walk.last === 0) return false;
    hash = climb(walk) === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  return walk.last === 0 && hash === root;
}

/** Checks that the tree of `to` leaves with `toRoot` begins with the tree of `from` leaves with `fromRoot` (RFC 9162, 2.1.4.2). */
export function verifyConsistency(from: number, to: number, fromRoot: string, toRoot: string, proof: readonly string[]): boolean {
  if (from > to || from < 0) return false;
  if (from === to) return proof.length === 0 && fromRoot === toRoot;
  if (from === 0) return proof.length === 0 && fromRoot === EMPTY_ROOT;
  const isPowerOfTwo = Number.isInteger(Math.log2(from));
  const [first, ...rest] = isPowerOfTwo ? [fromRoot, ...proof] : proof;
  return first !== undefined && climbsToBoth(from, to, fromRoot, toRoot, first, rest);
}

function climbsToBoth(from: number, to: number, fromRoot: string, toRoot: string, first: string, rest: readonly string[]): boolean {
  const walk = { node: from - 1, last: to - 1 };
  while (walk.node % 2 === 1) up(walk);
  let [older, newer] = [first, first];
  for (const sibling of rest) {
    if (walk.last === 0) return false;
    if (climb(walk) === 'left') {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
    } else newer = nodeHash(newer, sibling);
  }
  return walk.last === 0 && older === fromRoot && newer === toRoot;
}
