import type { JsonObject } from '../shared/json.ts';

/** One immutable alert document (a transition) and its deterministic id. Writing it again changes nothing. */
export type AlertDocument = { readonly id: string; readonly document: JsonObject };

/**
 * What became of one document. `skipped`: the receiver is not told of this step by its own settings. `retry` is offered
 * again. `rejected` becomes a dead delivery with its reason. `gone`: the receiver wants nothing any more; it is disabled
 * and what it did not take is kept.
 */
export type Delivery =
  | { readonly id: string; readonly outcome: 'stored' | 'duplicate' | 'skipped' }
  | {
      readonly id: string;
      readonly outcome: 'retry';
      readonly reason: string;
      readonly retryAfterMs?: number;
      /** What failed says something about the receiver and nothing about this alert. */
      readonly concerns?: 'receiver';
    }
  | { readonly id: string; readonly outcome: 'rejected' | 'gone'; readonly reason: string };

/** How a sink wants to be called. */
export type Pace = {
  /** The most alerts of one call. */
  readonly batch: number;
  /** The most calls under way at a time; steps of one alert are never in two of them. */
  readonly inFlight: number;
  /** The most calls begun in a second. */
  readonly perSecond?: number;
};

/** Where alerts go. */
export interface Sink {
  readonly name: string;
  /** Default: one call at a time with up to 500 alerts. */
  readonly pace?: Pace;
  /** How long to wait after the n-th failed attempt (from 1), `random` in [0, 1); default: the schedule of receivers, minutes to a day. */
  readonly retryDelayMs?: (attempt: number, random: number) => number;
  /** One outcome per document, in order; throws WardlineError `sink` when the whole sink is unusable (access, template). */
  write(alerts: readonly AlertDocument[], signal: AbortSignal): Promise<readonly Delivery[]>;
  close(): Promise<void>;
}
