import type { Nanos } from '../event/time.ts';
import { compareHits, type Firing, type Hit } from './firing.ts';
import type { GroupState } from './group.ts';
import { lowerBound } from './hits.ts';
import { wholeOf } from './kept-hit.ts';
import type { Explanation, Trigger } from './kind.ts';
import type { Plan } from './plans.ts';

/** An uninterrupted run of triggers: pauses of at most `rearm`. Its first trigger opens an alert. */
export type Episode = {
  first: Nanos;
  last: Nanos;
  /** Hits of the episode that were dropped since, the first and the last of them: count and evidence do not depend on when. */
  dropped: number;
  readonly head: Hit[];
  readonly tail: Hit[];
  /** Cells that have a trigger, as numbers of `rearm`; each is one firing. */
  readonly cells: Set<bigint>;
  /** True after its start was given to the rules above. */
  released: boolean;
};

/** Hits kept from the start and from the end of an episode as evidence. */
export const EVIDENCE = 10;

/** An episode without hits, and each cell beyond its first. */
const EPISODE_BYTES = 500;
const CELL_BYTES = 60;

/** What open episodes cost, about; hits that a group holds for its windows still are counted there. */
export function episodeBytes(episodes: readonly Episode[]): number {
  let bytes = 0;
  for (const { head, tail, cells } of episodes) {
    bytes += EPISODE_BYTES + CELL_BYTES * (cells.size - 1);
    for (const hit of head) bytes += hit.bytes;
    for (const hit of tail) bytes += hit.bytes;
  }
  return bytes;
}

/** A hit in the midst of many leaves the group: it is counted, and is no evidence. */
export function countOnly(state: GroupState, plan: Plan, hit: Hit): void {
  if (plan.kind.ownEvidence) return;
  for (const episode of state.episodes) if (hit.time >= episode.first - plan.timespan && hit.time <= episode.last) episode.dropped++;
}

/** Puts a trigger into its episode, joining those that it bridges; a cell speaks once. */
export function extend(state: GroupState, plan: Plan, trigger: Trigger): readonly Firing[] {
  const { rearm } = plan;
  const { time } = trigger;
  const cell = cellOf(time, rearm);
  const near = state.episodes.filter(({ first, last }) => time >= first - rearm && time <= last + rearm);
  const [only] = near;
  // A trigger in the midst of what is known changes nothing.
  if (only !== undefined && near.length === 1 && time >= only.first && only.cells.has(cell)) {
    if (time > only.last) only.last = time;
    if (plan.kind.ownEvidence) keepAll(only, trigger.explain());
    return [];
  }
  const episode = only ?? newEpisode(time);
  if (only === undefined) state.episodes.push(episode);
  const spoken = near.some(({ cells }) => cells.has(cell));
  const earliest = near.reduce((first, one) => (one.first < first ? one.first : first), time);
  const opening = cellOf(earliest, rearm);
  const openedLater = near.map(({ first }) => cellOf(first, rearm)).filter((other) => other !== opening);
  for (const other of near.slice(1)) absorb(episode, other, state);
  episode.first = earliest;
  if (time > episode.last) episode.last = time;
  episode.cells.add(cell);
  if (plan.kind.ownEvidence) keepAll(episode, trigger.explain());
  if (spoken && openedLater.length === 0) return [];
  const { decision, hits, count = hits.length } = trigger.explain();
  const base = {
    rule: plan.rule,
    group: state.group,
    opening: opening * rearm,
    time,
    window: { start: trigger.start, end: trigger.end },
    count,
    total: episode.dropped + within(state.hits, episode, plan).length,
    decision,
    hits: hits.map(wholeOf),
  };
  const merged = openedLater.map((late): Firing => ({ ...base, stage: 'merged', cell: late * rearm, opening: late * rearm }));
  if (spoken) return merged;
  return [{ ...base, stage: cell === opening ? 'opened' : 'continued', cell: cell * rearm }, ...merged];
}

/** Episodes that no further trigger can extend are over. */
export function close(state: GroupState, plan: Plan, watermark: Nanos): readonly Firing[] {
  const over = state.episodes.filter(({ last }) => last + plan.rearm + plan.kind.delay < watermark);
  if (over.length === 0) return [];
  state.episodes = state.episodes.filter((episode) => !over.includes(episode));
  return over.map((episode): Firing => {
    const live = within(state.hits, episode, plan);
    const hits = ends([...episode.head, ...episode.tail.filter((hit) => !episode.head.includes(hit)), ...live]);
    const total = episode.dropped + live.length;
    const opening = cellOf(episode.first, plan.rearm) * plan.rearm;
    const window = { start: episode.first - plan.timespan, end: episode.last };
    return {
      rule: plan.rule,
      stage: 'closed',
      group: state.group,
      cell: opening,
      opening,
      time: episode.last,
      window,
      count: total,
      total,
      decision: [],
      hits: hits.map(wholeOf),
    };
  });
}

/** The evidence of an episode. What it says of all its matches it says of these, so that it is a function of the matches. */
const ends = (hits: readonly Hit[]): readonly Hit[] =>
  hits.length <= 2 * EVIDENCE ? hits : [...hits.slice(0, EVIDENCE), ...hits.slice(-EVIDENCE)];

/** A hit leaves the group, the oldest first: the episodes it belongs to keep count of it. */
export function forget(state: GroupState, plan: Plan, hit: Hit): void {
  if (plan.kind.ownEvidence) return;
  for (const episode of state.episodes) {
    if (hit.time >= episode.first - plan.timespan && hit.time <= episode.last) keep(episode, hit);
  }
}

function keep(episode: Episode, hit: Hit): void {
  episode.dropped++;
  if (episode.head.length < EVIDENCE) episode.head.push(hit);
  else if (episode.tail.push(hit) > EVIDENCE) episode.tail.shift();
}

/** What a trigger tells becomes the evidence of its episode; what an earlier one told is not told again. */
function keepAll(episode: Episode, { hits, count = 0 }: Explanation): void {
  const last = episode.tail.at(-1) ?? episode.head.at(-1);
  const fresh = hits.filter((hit) => last === undefined || compareHits(last, hit) < 0);
  for (const hit of fresh) keep(episode, hit);
  episode.dropped += Math.max(0, count - fresh.length);
}

function newEpisode(trigger: Nanos): Episode {
  return { first: trigger, last: trigger, dropped: 0, head: [], tail: [], cells: new Set(), released: false };
}

function absorb(episode: Episode, other: Episode, state: GroupState): void {
  if (other.last > episode.last) episode.last = other.last;
  episode.dropped += other.dropped;
  episode.released ||= other.released;
  // A match that both knew is one; after a restart it is two objects.
  const all = [...episode.head, ...episode.tail, ...other.head, ...other.tail].sort(compareHits);
  const kept = all.filter((hit, i) => i === 0 || compareHits(all[i - 1] as Hit, hit) !== 0);
  episode.head.splice(0, episode.head.length, ...kept.slice(0, EVIDENCE));
  episode.tail.splice(0, episode.tail.length, ...kept.slice(EVIDENCE).slice(-EVIDENCE));
  for (const cell of other.cells) episode.cells.add(cell);
  state.episodes = state.episodes.filter((one) => one !== other);
}

/** The hits of an episode that are in the group still and are no evidence yet. */
const within = (hits: readonly Hit[], { first, last }: Episode, { timespan, kind }: Plan): readonly Hit[] =>
  kind.ownEvidence ? [] : hits.slice(lowerBound(hits, first - timespan), lowerBound(hits, last + 1n));

/** Epoch-aligned number of the span a trigger falls in, also before 1970. */
function cellOf(time: Nanos, rearm: Nanos): bigint {
  const cell = time / rearm;
  return time < 0n && cell * rearm !== time ? cell - 1n : cell;
}
