import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { sha256Hex } from '../shared/digest.ts';
import { isObject, type JsonObject } from '../shared/json.ts';
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

/**
 * Checkpoints in a compacted topic: immutable, chunks first, the manifest last, digests verified at load. No key is written
 * twice. The newest two stay; older ones are removed after a newer manifest is acknowledged, manifest before chunks, and by
 * offset alone, so that a stale writer cannot remove a newer one. `suffix` tells writers of one offset apart.
 */
export function createPartitionCheckpoints(log: KeyedLog, suffix: () => string): PartitionCheckpoints {
  return {
    async loadNewest(partition) {
      const entries = await log.read(partition);
      const damaged: string[] = [];
      for (const manifest of manifestsOf(entries)) {
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
      await log.write(partition, [{ key: `m/${id}`, value: Buffer.from(JSON.stringify(manifest)) }]);
      await removeOld(log, partition, next);
    },
  };
}

async function removeOld(log: KeyedLog, partition: number, newest: bigint): Promise<void> {
  const entries = await log.read(partition);
  const old = manifestsOf(entries)
    .filter(({ next }) => next <= newest)
    .slice(KEPT);
  for (const { id, chunks } of old) {
    await log.write(partition, [{ key: `m/${id}`, value: null }]);
    await log.write(
      partition,
      chunks.map((_, n) => ({ key: `c/${id}/${n}`, value: null })),
    );
  }
}

/** Readable manifests, newest first. */
function manifestsOf(entries: ReadonlyMap<string, Uint8Array>): readonly Manifest[] {
  const found: Manifest[] = [];
  for (const [key, value] of entries) {
    const manifest = key.startsWith('m/') ? parseManifest(value) : undefined;
    if (manifest !== undefined) found.push(manifest);
  }
  return found.sort((a, b) => (a.next !== b.next ? (a.next > b.next ? -1 : 1) : a.id > b.id ? -1 : 1));
}

function parseManifest(value: Uint8Array): Manifest | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(value).toString('utf8')) as JsonObject;
    if (!isObject(parsed) || parsed['format'] !== FORMAT) return undefined;
    const { next, ...rest } = parsed as unknown as Omit<Manifest, 'next'> & { readonly next: string };
    return { ...rest, next: BigInt(next) };
  } catch {
    return undefined;
  }
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
