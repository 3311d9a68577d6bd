import type { Nanos } from '../../event/time.ts';
import type { Threshold } from '../../rule/ir/rule.ts';
import type { Hit } from '../firing.ts';
import type { Frame, Kind } from '../kind.ts';
import { windowKind } from '../windows.ts';
import { decisionOf, least, meets, rising } from './thresholds.ts';

/** Matches of any member in the window. */
export function eventCount({ thresholds }: { readonly thresholds: readonly Threshold[] }, { timespan }: Frame): Kind {
  const up = rising(thresholds);
  return windowKind(up ? 'trigger' : 'anchored', timespan, {
    holds: (_hits, from, to) => meets(to - from, thresholds),
    decision: (_hits, from, to) => decisionOf('event_count', to - from, thresholds),
    ...(up ? { spare: (hits) => inTheMiddle(hits, timespan, least(thresholds)) } : {}),
  });
}

/**
 * Of each pane of one timespan the first and the last `n` hits say all: a window covers the end of one pane and the
 * beginning of the next, and of either it sees `n` of those that stayed, or all there were.
 */
function inTheMiddle(hits: readonly Hit[], timespan: Nanos, n: number): (hit: Hit, index: number) => boolean {
  const panes = new Map<bigint, { from: number; to: number }>();
  const paneOf = ({ time }: Hit): bigint => time / timespan - (time < 0n ? 1n : 0n);
  hits.forEach((hit, i) => {
    const pane = panes.get(paneOf(hit));
    if (pane === undefined) panes.set(paneOf(hit), { from: i, to: i + 1 });
    else pane.to = i + 1;
  });
  return (hit, i) => {
    const pane = panes.get(paneOf(hit));
    return pane !== undefined && i >= pane.from + n && i < pane.to - n;
  };
}
