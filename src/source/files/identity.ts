import { sha256Hex } from '../../shared/digest.ts';

/** How many bytes of its unpacked text a file is known by. */
export const HEAD_BYTES = 256;

/** A file as it was last seen under its partition number; `head` is the digest of its first `headBytes` unpacked bytes. */
export type FileIdentity = {
  readonly path: string;
  readonly inode: string;
  readonly head: string;
  readonly headBytes: number;
  /** It was there before the source was; it is not read. */
  readonly passed?: boolean;
};

/** A file as it is now. */
export type SeenFile = {
  readonly path: string;
  /** Device and inode. */
  readonly inode: string;
  /** Bytes of the unpacked text; undefined for a compressed file. */
  readonly size: number | undefined;
  /** The first bytes of its unpacked text, at most HEAD_BYTES. */
  readonly start: Uint8Array;
};

export type KnownFile = FileIdentity & { readonly number: number; readonly position: bigint };

/**
 * Finds for each file the partition it is the continuation of. Content decides: a renamed, copied or compressed file keeps
 * its number, a file that was cut and written anew does not. Where several would fit, the same inode comes before the
 * same path, and that before the same first bytes. A file with fewer bytes than it takes to know it may be mistaken for
 * the next one that begins like it: there what rotation put aside comes first, since reading a few lines twice is better
 * than losing them.
 */
export function matchFiles(known: readonly KnownFile[], seen: readonly SeenFile[]): ReadonlyMap<SeenFile, number> {
  const found = new Map<SeenFile, number>();
  const taken = new Set<number>();
  const pair = (entry: KnownFile, file: SeenFile | undefined): void => {
    if (file === undefined) return;
    found.set(file, entry.number);
    taken.add(entry.number);
  };
  for (const alike of [sameInode, samePath, () => true]) {
    for (const entry of known) {
      if (entry.headBytes === HEAD_BYTES && !taken.has(entry.number))
        pair(
          entry,
          seen.find((file) => !found.has(file) && alike(entry, file) && continues(entry, file)),
        );
    }
  }
  // The most specific first: what begins like several belongs to the one that says most of it.
  for (const entry of known.filter(({ headBytes }) => headBytes < HEAD_BYTES).sort((a, b) => b.headBytes - a.headBytes)) {
    const fitting = seen.filter((file) => !found.has(file) && continues(entry, file));
    const aside = entry.headBytes === 0 || entry.passed === true ? undefined : fitting.filter((file) => isRotated(entry, file)).at(-1);
    const inPlace = fitting.find((file) => sameInode(entry, file)) ?? fitting.find((file) => samePath(entry, file));
    pair(entry, aside ?? inPlace ?? (entry.headBytes > 0 ? fitting[0] : undefined));
  }
  return found;
}

const sameInode = (entry: KnownFile, file: SeenFile): boolean => entry.inode === file.inode;
const samePath = (entry: KnownFile, file: SeenFile): boolean => entry.path === file.path;

/** `app.log.1`, `app.log-20261120.gz` of `app.log`. */
const isRotated = ({ path }: KnownFile, file: SeenFile): boolean =>
  file.path.length > path.length && file.path.startsWith(path) && /^[.-]/.test(file.path.slice(path.length));

/** Does the file hold what a known one begins with: a copy that somebody made, or one half of a rotation by copy? */
export function isCopy(known: readonly KnownFile[], file: SeenFile): boolean {
  return known.some((entry) => entry.headBytes === HEAD_BYTES && continues(entry, { ...file, size: undefined }));
}

function continues({ head, headBytes, position }: KnownFile, { start, size }: SeenFile): boolean {
  if (start.length < headBytes || (size !== undefined && BigInt(size) < position)) return false;
  return sha256Hex(start.subarray(0, headBytes)) === head;
}

export function identityOf({ path, inode, start }: SeenFile): FileIdentity {
  return { path, inode, head: sha256Hex(start), headBytes: start.length };
}
