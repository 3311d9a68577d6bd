import type { Hit } from '../correlate/firing.ts';
import { MAX_TIME } from '../correlate/hits.ts';
import type { Kind, Trigger } from '../correlate/kind.ts';

/** Every trigger that the matches give, as they come in order and then to the end of time. */
export function triggersOf(kind: Kind, hits: readonly Hit[]): readonly Trigger[] {
  const own = kind.initial();
  const found: Trigger[] = [];
  const so: Hit[] = [];
  for (const hit of hits) {
    so.push(hit);
    // Judged at once, while the list is as it was: a window is a view on it.
    for (const trigger of kind.inserted(so, so.length - 1, own)) found.push({ ...trigger, explain: remembered(trigger.explain()) });
  }
  for (const trigger of kind.passed(so, own, { watermark: MAX_TIME, silent: () => false })) found.push(trigger);
  return found;
}

const remembered =
  <T>(value: T) =>
  (): T =>
    value;
