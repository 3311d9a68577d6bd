import type { Nanos } from '../event/time.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Episode } from './episodes.ts';
import type { Hit } from './firing.ts';
import type { GroupState } from './group.ts';
import { lowerBound } from './hits.ts';
import { wholeOf } from './kept-hit.ts';
import type { Plan } from './plans.ts';

/**
 * Starts of episodes that no earlier match can move any more: each is one match of the rules above, at the time of its
 * first trigger (correlation page, section 3, row 24).
 */
export function startsOf(state: GroupState, plan: Plan, watermark: Nanos): readonly Hit[] {
  if (!plan.chained) return [];
  const settled = state.episodes.filter(({ first, released }) => !released && first + plan.kind.delay < watermark);
  return settled.flatMap((episode) => startOf(state, plan, episode));
}

function startOf({ group, hits }: GroupState, { rule, timespan, kind }: Plan, episode: Episode): readonly Hit[] {
  episode.released = true;
  const window = hits.slice(lowerBound(hits, episode.first - timespan), lowerBound(hits, episode.first + 1n)).map(wholeOf);
  const last = window.at(-1) ?? episode.head.map(wholeOf)[0];
  if (last === undefined) return [];
  const own = kind.handsOn?.(hits, episode.first) ?? {};
  const entities: Record<string, JsonValue> = { ...agreed(window, 'entities'), ...group.values, ...own };
  const values: Record<string, JsonValue> = { ...entities, ...agreed(window, 'values'), ...group.values, ...own };
  return [{ time: episode.first, origin: last.origin, rule, appendedAt: last.appendedAt, values, entities, bytes: last.bytes }];
}

/** Fields that every hit has with the same value. */
export function agreed(hits: readonly Hit[], part: 'entities' | 'values' = 'entities'): Record<string, JsonValue> {
  const [first, ...rest] = hits;
  const out: Record<string, JsonValue> = Object.create(null);
  for (const [field, value] of Object.entries(first?.[part] ?? {})) {
    const text = JSON.stringify(value);
    if (rest.every((hit) => JSON.stringify(hit[part][field]) === text)) out[field] = value;
  }
  return out;
}
