import type { JsonObject } from '../shared/json.ts';

/** One immutable alert document (a transition) and its deterministic id. Writing it again changes nothing. */
export type AlertDocument = { readonly id: string; readonly document: JsonObject };

/** What became of one document. Only `retry` is offered again; `rejected` becomes a dead letter with its reason. */
export type Delivery =
  | { readonly id: string; readonly outcome: 'stored' | 'duplicate' }
  | { readonly id: string; readonly outcome: 'retry'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly id: string; readonly outcome: 'rejected'; readonly reason: string };

/** Where alerts go. */
export interface Sink {
  readonly name: string;
  /** One outcome per document, in order; throws WardlineError `sink` when the whole sink is unusable (access, template). */
  write(alerts: readonly AlertDocument[], signal: AbortSignal): Promise<readonly Delivery[]>;
  close(): Promise<void>;
}
