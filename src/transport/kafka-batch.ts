import type { EachBatchPayload, IHeaders } from 'kafkajs';

const HEARTBEAT_MS = 1000;

/**
 * Keeps the session of a group's member alive while somebody works on what it fetched, for `most` heartbeats: who is stuck
 * must be seen as stuck. A rebalance makes the heartbeat fail.
 */
export async function beating<T>(work: Promise<T>, heartbeat: () => Promise<void>, most = Number.POSITIVE_INFINITY): Promise<T> {
  for (let beat = 0; beat < most; beat++) {
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<typeof WAITED>((resolve) => {
      timer = setTimeout(resolve, HEARTBEAT_MS, WAITED);
    });
    const first = await Promise.race([work, waited]);
    clearTimeout(timer);
    if (first !== WAITED) return first as T;
    await heartbeat();
  }
  return work;
}

const WAITED = Symbol('waited');

/** The offset that was asked for: an answer to a question from before a seek may begin beyond what is wanted now. */
export function fetchedFromOf({ batch }: Pick<EachBatchPayload, 'batch'>): bigint {
  // The types of the client leave it out; it is there in every version of the 2.2 line.
  return BigInt((batch as { readonly fetchedOffset?: string | number }).fetchedOffset ?? batch.firstOffset() ?? 0);
}

/** Headers as texts; of one that is repeated the first. */
export function* headerTexts(headers: IHeaders | undefined): Generator<readonly [string, string]> {
  for (const [name, header] of Object.entries(headers ?? {})) yield [name, String(Array.isArray(header) ? header[0] : header)];
}
