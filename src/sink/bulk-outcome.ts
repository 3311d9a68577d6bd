import type { AlertDocument, Delivery } from './sink.ts';

/** One action of a bulk answer. */
export type BulkItem = { readonly status?: number; readonly error?: { readonly type?: string; readonly reason?: string } };

/** What an item's status means (delivery page, section 10). */
export type ItemClass = 'stored' | 'duplicate' | 'retry' | 'content' | 'access';

export function classOf({ status = 0, error }: BulkItem): ItemClass {
  if (status === 200 || status === 201) return 'stored';
  if (status === 409) return 'duplicate';
  if (status === 429 || status >= 500 || error?.type === 'cluster_block_exception') return 'retry';
  if (status === 400 || status === 413) return 'content';
  return status === 401 || status === 403 || status === 404 ? 'access' : 'retry';
}

/** An answer that does not have one item per action says nothing about any of them. */
export function itemsOf(answer: unknown, actions: number): readonly BulkItem[] | undefined {
  const items = (answer as { items?: unknown } | null)?.items;
  if (!Array.isArray(items) || items.length !== actions) return undefined;
  return items.map((item) => ((item as { create?: BulkItem }).create ?? {}) as BulkItem);
}

/** What is stored in place of a document the mapping refuses: always acceptable, under the same id. */
export function envelopeOf({ id, document }: AlertDocument, reason: string): AlertDocument {
  const { '@timestamp': time, message } = document;
  const safe = { '@timestamp': time ?? null, message: typeof message === 'string' ? message : 'alert', event: { kind: 'signal', id } };
  return { id, document: { ...safe, wardline: { envelope: { reason: reason.slice(0, 2000), body: JSON.stringify(document) } } } };
}

export const retry = (id: string, reason: string): Delivery => ({ id, outcome: 'retry', reason });
