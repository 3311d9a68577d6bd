import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  appendLeaf,
  createTree,
  EMPTY_ROOT,
  type Frontier,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/evidence/merkle.ts';

/** The recursive definition of RFC 6962, section 2.1, over the leaves' bytes. */
function slowRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return createHash('sha256').digest('hex');
  if (leaves.length === 1) return leafHash(leaves[0] ?? '');
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(slowRoot(leaves.slice(0, split)), slowRoot(leaves.slice(split)));
}

const leavesOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `leaf ${i}`);

test('the tree hash of the eight leaves every RFC 6962 implementation is tested with', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const leaves = inputs.map((hex) => leafHash(Buffer.from(hex, 'hex')));
  const roots = leaves.map((_, i) => createTree(leaves).root(i + 1));
  expect(roots[0]).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  expect(roots[7]).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
});

test('appending leaf by leaf gives the root of the definition', () => {
  let frontier: Frontier = [];
  expect(rootOf(frontier)).toBe(EMPTY_ROOT);
  for (const [size, leaf] of leavesOf(70).entries()) {
    frontier = appendLeaf(frontier, size, leafHash(leaf));
    expect(rootOf(frontier)).toBe(slowRoot(leavesOf(size + 1)));
  }
});

test('inclusion holds for every leaf of every size and for no other leaf, index, size or root', () => {
  for (let size = 1; size <= 33; size++) {
    const tree = createTree(leavesOf(size).map(leafHash));
    for (let index = 0; index < size; index++) {
      const proof = tree.inclusion(index);
      const leaf = leafHash(`leaf ${index}`);
      expect(verifyInclusion(leaf, index, size, proof, tree.root())).toBe(true);
      expect(verifyInclusion(leafHash('other'), index, size, proof, tree.root())).toBe(false);
      expect(verifyInclusion(leaf, index, size, [...proof, leaf], tree.root())).toBe(false);
      if (proof.length > 0) expect(verifyInclusion(leaf, index, size, proof.slice(1), tree.root())).toBe(false);
      expect(verifyInclusion(leaf, size, size, proof, tree.root())).toBe(false);
      for (let other = 0; other < size; other++)
        if (other !== index) expect(verifyInclusion(leaf, other, size, proof, tree.root())).toBe(false);
    }
  }
});

test('consistency holds between all prefixes and not with a rewritten past', () => {
  for (let to = 0; to <= 33; to++) {
    const tree = createTree(leavesOf(to).map(leafHash));
    const forged = createTree(leavesOf(to).map((leaf, i) => leafHash(i === 0 ? 'forged' : leaf)));
    for (let from = 0; from <= to; from++) {
      const proof = tree.consistency(from);
      expect(verifyConsistency(from, to, tree.root(from), tree.root(), proof)).toBe(true);
      if (from > 0) expect(verifyConsistency(from, to, forged.root(from), tree.root(), proof)).toBe(false);
      if (from > 0 && from < to) expect(verifyConsistency(from, to, tree.root(from), forged.root(), forged.consistency(from))).toBe(false);
    }
  }
});

test('a changed hash in a proof is never taken', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), fc.nat({ max: 63 }), (size, a, b, digit) => {
      const tree = createTree(leavesOf(size).map(leafHash));
      const index = a % size;
      const proof = tree.inclusion(index);
      const at = b % proof.length;
      const hash = proof[at] ?? '';
      const flipped = hash.slice(0, digit) + (hash[digit] === '0' ? '1' : '0') + hash.slice(digit + 1);
      expect(verifyInclusion(leafHash(`leaf ${index}`), index, size, proof.with(at, flipped), tree.root())).toBe(false);
    }),
  );
});
