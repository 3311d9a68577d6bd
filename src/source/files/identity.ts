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
 * same path, and that before the same first bytes.
 */
export function matchFiles(known: readonly KnownFile[], seen: readonly SeenFile[]): ReadonlyMap<SeenFile, number> {
  const found = new Map<SeenFile, number>();
  const taken = new Set<number>();
  const likenesses: ((entry: KnownFile, file: SeenFile) => boolean)[] = [
    (entry, file) => entry.inode === file.inode,
    (entry, file) => entry.path === file.path,
    (entry) => entry.headBytes > 0,
  ];
  for (const alike of likenesses) {
    for (const file of seen) {
      if (found.has(file)) continue;
      const entry = known.find((one) => !taken.has(one.number) && alike(one, file) && continues(one, file));
      if (entry === undefined) continue;
      found.set(file, entry.number);
      taken.add(entry.number);
    }
  }
  return found;
}

/** Does the file hold what a known one begins with: a copy that somebody made, or one half of a rotation by copy? */
export function isCopy(known: readonly KnownFile[], file: SeenFile): boolean {
  return known.some((entry) => entry.headBytes > 0 && continues(entry, { ...file, size: undefined }));
}

function continues({ head, headBytes, position }: KnownFile, { start, size }: SeenFile): boolean {
  if (start.length < headBytes || (size !== undefined && BigInt(size) < position)) return false;
  return sha256Hex(start.subarray(0, headBytes)) === head;
}

export function identityOf({ path, inode, start }: SeenFile): FileIdentity {
  return { path, inode, head: sha256Hex(start), headBytes: start.length };
}
