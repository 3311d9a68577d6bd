import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { sha256Hex } from '../shared/digest.ts';
import type { KeyedLog } from './port.ts';

/** State of a partition and the offset up to which it is the state: everything below `next` is in it. */
export type PartitionCheckpoint = { readonly next: bigint; readonly ruleset: string; readonly state: Uint8Array };

export interface PartitionCheckpoints {
  /** The newest whole one; damaged ones are passed over and named. */
  loadNewest(partition: number): Promise<{ readonly checkpoint: PartitionCheckpoint | undefined; readonly damaged: readonly string[] }>;
  save(partition: number, checkpoint: PartitionCheckpoint): Promise<void>;
}

const FORMAT = 1;
const CHUNK_BYTES = 512 * 1024;
const KEPT = 2;
const MAX_BYTES = 1024 * 1024 * 1024;

type Manifest = {
  readonly id: string;
  readonly next: bigint;
  readonly ruleset: string;
  readonly bytes: number;
  readonly chunks: readonly string[];
  readonly sha256: string;
};

type Kept = Pick<Manifest, 'id' | 'next' | 'chunks'>;

/**
 * Checkpoints in a compacted topic: immutable, chunks first, the manifest last, digests verified at load. No key is written
 * twice. The newest two stay; older ones are removed after a newer manifest is acknowledged, manifest before chunks, and by
 * offset alone, so that a stale writer cannot remove a newer one. `suffix` tells writers of one offset apart.
 */
export function createPartitionCheckpoints(log: KeyedLog, suffix: () => string): PartitionCheckpoints {
  // What this process knows of each partition, so that a save need not read; what others wrote meanwhile goes at the next load.
  const known = new Map<number, readonly Kept[]>();
  return {
    async loadNewest(partition) {
      const entries = await log.read(partition);
      const damaged: string[] = [];
      const manifests = manifestsOf(entries);
      known.set(partition, manifests);
      for (const manifest of manifests) {
        const state = assemble(manifest, entries);
        if (state !== undefined) return { checkpoint: { next: manifest.next, ruleset: manifest.ruleset, state }, damaged };
        damaged.push(manifest.id);
      }
      return { checkpoint: undefined, damaged };
    },
    async save(partition, { next, ruleset, state }) {
      const id = `${String(next).padStart(20, '0')}-${suffix()}`;
      const packed = zstdCompressSync(state);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < packed.length || chunks.length === 0; at += CHUNK_BYTES) chunks.push(packed.subarray(at, at + CHUNK_BYTES));
      await log.write(
        partition,
        chunks.map((value, n) => ({ key: `c/${id}/${n}`, value })),
      );
      const manifest = {
        format: FORMAT,
        id,
        next: String(next),
        ruleset,
        bytes: state.length,
        chunks: chunks.map(sha256Hex),
        sha256: sha256Hex(state),
      };
      await log.write(partition, [{ key: `m/${id}`, value: sealed(manifest) }]);
      const all = [...(known.get(partition) ?? []), { id, next, chunks: manifest.chunks }].sort(newestFirst);
      const old = all.filter((one) => one.next <= next).slice(KEPT);
      known.set(
        partition,
        all.filter((one) => !old.includes(one)),
      );
      for (const one of old) await remove(log, partition, one);
    },
  };
}

/** The manifest first: chunks without one are nothing, a manifest without its chunks would be damage. */
async function remove(log: KeyedLog, partition: number, { id, chunks }: Kept): Promise<void> {
  await log.write(partition, [{ key: `m/${id}`, value: null }]);
  await log.write(
    partition,
    chunks.map((_, n) => ({ key: `c/${id}/${n}`, value: null })),
  );
}

/** Readable manifests, newest first. */
function manifestsOf(entries: ReadonlyMap<string, Uint8Array>): readonly Manifest[] {
  const found: Manifest[] = [];
  for (const [key, value] of entries) {
    const manifest = key.startsWith('m/') ? parseManifest(value) : undefined;
    if (manifest !== undefined) found.push(manifest);
  }
  return found.sort(newestFirst);
}

const newestFirst = (a: Kept, b: Kept): number => (a.next !== b.next ? (a.next > b.next ? -1 : 1) : a.id > b.id ? -1 : 1);

/** A manifest with its own digest before it. */
function sealed(manifest: object): Uint8Array {
  const text = JSON.stringify(manifest);
  return Buffer.from(`${sha256Hex(text)} ${text}`);
}

/** Undefined: damaged, or of a format this version does not read. */
function parseManifest(value: Uint8Array): Manifest | undefined {
  const [digest = '', ...rest] = Buffer.from(value).toString('utf8').split(' ');
  const text = rest.join(' ');
  if (sha256Hex(text) !== digest) return undefined;
  const { format, next, ...manifest } = JSON.parse(text) as Omit<Manifest, 'next'> & { readonly format: number; readonly next: string };
  return format === FORMAT ? { ...manifest, next: BigInt(next) } : undefined;
}

function assemble({ id, chunks, bytes, sha256 }: Manifest, entries: ReadonlyMap<string, Uint8Array>): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (const [n, digest] of chunks.entries()) {
    const part = entries.get(`c/${id}/${n}`);
    if (part === undefined || sha256Hex(part) !== digest) return undefined;
    parts.push(part);
  }
  try {
    const state = zstdDecompressSync(Buffer.concat(parts), { maxOutputLength: MAX_BYTES });
    return state.length === bytes && sha256Hex(state) === sha256 ? state : undefined;
  } catch {
    return undefined;
  }
}
