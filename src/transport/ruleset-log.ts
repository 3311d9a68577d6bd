import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { sha256Hex } from '../shared/digest.ts';
import { WardlineError } from '../shared/errors.ts';
import type { KeyedLog } from './port.ts';

const CHUNK_BYTES = 512 * 1024;
const MAX_BYTES = 256 * 1024 * 1024;

/** A ruleset of the deployment: its number, and the sha256 of its bundle. */
export type NumberedBundle = { readonly seq: number; readonly bundle: string };

/** What stands in the control topic. */
export type RulesetHistory = {
  /** Of every number the proposal that came first. */
  readonly chosen: ReadonlyMap<number, string>;
  /** The highest number whose activation stands in every partition of matches; 0: none. */
  readonly active: number;
  bundle(digest: string): Uint8Array | undefined;
};

export type RulesetLog = {
  read(): Promise<RulesetHistory>;
  /**
   * Makes a bundle the active one (delivery page, section 5): the bundle, then a number for it, then `announce` into every
   * partition of matches, then the record that says so. Any process may take over what another left half done; of two at
   * once the first in the log wins, and the other throws WardlineError `rules` unless its bundle is the same.
   */
  activate(bundle: Uint8Array, announce: (chosen: NumberedBundle) => Promise<void>): Promise<NumberedBundle>;
};

/**
 * Keys of one compacted partition: `b/<digest>/<n>` chunks of a bundle, `p/<seq>/<suffix>` proposals, `a/<seq>` activations that
 * are complete. No key of a proposal is written twice, so their order in the log stays.
 */
export function createRulesetLog(log: KeyedLog, suffix: () => string): RulesetLog {
  let known: { readonly end: bigint; readonly history: RulesetHistory } | undefined;
  const read = async (): Promise<RulesetHistory> => {
    const end = await log.end(0);
    if (known?.end !== end) known = { end, history: historyOf(await log.read(0)) };
    return known.history;
  };
  const finish = async (history: RulesetHistory, announce: (chosen: NumberedBundle) => Promise<void>): Promise<void> => {
    for (const [seq, bundle] of [...history.chosen].sort(([a], [b]) => a - b)) {
      if (seq <= history.active) continue;
      await announce({ seq, bundle });
      await log.write(0, [{ key: `a/${seq}`, value: Buffer.from(bundle) }]);
    }
  };
  return {
    read,
    async activate(bytes, announce) {
      const bundle = sha256Hex(bytes);
      const before = await read();
      // What somebody left half done comes first: numbers are taken up in order.
      await finish(before, announce);
      const newest = Math.max(0, ...before.chosen.keys());
      if (before.chosen.get(newest) === bundle) return { seq: newest, bundle };
      if (before.bundle(bundle) === undefined) await log.write(0, chunksOf(bundle, bytes));
      const seq = newest + 1;
      await log.write(0, [{ key: `p/${seq}/${suffix()}`, value: Buffer.from(bundle) }]);
      const after = await read();
      await finish(after, announce);
      if (after.chosen.get(seq) !== bundle)
        throw new WardlineError('rules', 'other rules were made active at the same moment; look at them and try again', {
          retryable: true,
        });
      return { seq, bundle };
    },
  };
}

function chunksOf(digest: string, bytes: Uint8Array): readonly { readonly key: string; readonly value: Uint8Array }[] {
  const packed = zstdCompressSync(bytes);
  const count = Math.max(1, Math.ceil(packed.length / CHUNK_BYTES));
  return Array.from({ length: count }, (_, n) => ({
    key: `b/${digest}/${n}`,
    value: packed.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES),
  }));
}

function historyOf(entries: ReadonlyMap<string, Uint8Array>): RulesetHistory {
  const chosen = new Map<number, string>();
  let active = 0;
  for (const [key, value] of entries) {
    const [kind, seq] = key.split('/');
    if (kind === 'p' && !chosen.has(Number(seq))) chosen.set(Number(seq), Buffer.from(value).toString());
    if (kind === 'a') active = Math.max(active, Number(seq));
  }
  return { chosen, active, bundle: (digest) => bundleOf(digest, entries) };
}

function bundleOf(digest: string, entries: ReadonlyMap<string, Uint8Array>): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (let n = 0; ; n++) {
    const part = entries.get(`b/${digest}/${n}`);
    if (part === undefined) break;
    parts.push(part);
  }
  try {
    const bytes = zstdDecompressSync(Buffer.concat(parts), { maxOutputLength: MAX_BYTES });
    return sha256Hex(bytes) === digest ? bytes : undefined;
  } catch {
    return undefined;
  }
}
