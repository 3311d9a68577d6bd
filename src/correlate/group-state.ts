import type { Nanos } from '../event/time.ts';
import type { Condition, RuleId } from '../rule/ir/rule.ts';
import { decide, decideAbsent, type Mode, type Verdict } from './conditions.ts';
import { compareHits, type Firing, type Group, type Hit } from './firing.ts';

/** What a stateful rule is to its groups: a condition over a window, and how long an episode stays open without trigger. */
export type Plan = {
  readonly rule: RuleId;
  readonly members: readonly RuleId[];
  readonly condition: Condition;
  readonly mode: Mode;
  readonly timespan: Nanos;
  readonly rearm: Nanos;
};

/** An uninterrupted run of triggers: pauses of at most `rearm`. Its first trigger opens an alert. */
export type Episode = {
  first: Nanos;
  last: Nanos;
  /** Hits of the episode that were dropped since, and the first of them: the count stays true, the evidence starts at its start. */
  dropped: number;
  readonly head: Hit[];
  /** Cells that have a trigger, as numbers of `rearm`; each is one firing. */
  readonly cells: Set<bigint>;
};

/** State of one rule and group. `hits` are in order of time and origin; older ones than any window can use are dropped. */
export type GroupState = {
  readonly group: Group;
  hits: Hit[];
  episodes: Episode[];
  /** Times that were triggers; a hit counts once, however often its window is looked at. */
  triggers: Set<Nanos>;
  /** Settled rules: everything before this instant is decided. */
  settled: Nanos;
};

/** Hits kept per group; more than a count needs, so that what is dropped can only make an alert's evidence shorter. */
export const MAX_HITS = 4096;

export function newGroup(group: Group): GroupState {
  return { group, hits: [], episodes: [], triggers: new Set(), settled: MIN_TIME };
}

export const MIN_TIME: Nanos = -(1n << 63n);
export const MAX_TIME: Nanos = (1n << 63n) - 1n;

/** Inserts a hit at its place and decides every window it can change. */
export function addHit(state: GroupState, plan: Plan, hit: Hit): readonly Firing[] {
  const at = placeOf(state.hits, hit);
  state.hits.splice(at, 0, hit);
  if (plan.mode !== 'trigger') return [];
  const out: Firing[] = [];
  for (let i = at; i < state.hits.length; i++) {
    const end = (state.hits[i] as Hit).time;
    if (end > hit.time + plan.timespan) break;
    // Hits of one instant share a window: it is judged at the last of them.
    if (state.hits[i + 1]?.time === end) continue;
    if (!state.triggers.has(end)) out.push(...judge(state, plan, end - plan.timespan, end, end));
  }
  return out;
}

/** Decides what no earlier match can change any more: everything that ends before the watermark. */
export function settle(state: GroupState, plan: Plan, watermark: Nanos): readonly Firing[] {
  const out: Firing[] = [];
  if (plan.mode === 'trailing') {
    for (const { time } of state.hits) {
      if (time >= watermark) break;
      if (time > state.settled && !state.triggers.has(time)) out.push(...judge(state, plan, time - plan.timespan, time, time));
    }
    if (watermark > state.settled) state.settled = watermark - 1n;
  } else if (plan.mode === 'absent') {
    for (const { time } of state.hits) {
      if (time + plan.timespan >= watermark) break;
      if (time > state.settled) out.push(...judgeAbsent(state, plan, time));
      if (time > state.settled) state.settled = time;
    }
  } else if (plan.mode === 'anchored') {
    for (const { time } of state.hits) {
      if (time <= state.settled) continue;
      const end = time + plan.timespan;
      if (end >= watermark) break;
      out.push(...judge(state, plan, time, end, end));
      state.settled = end;
    }
  }
  return [...out, ...close(state, plan, watermark)];
}

/** Drops what can no longer matter; true when nothing is left. */
export function prune(state: GroupState, plan: Plan, watermark: Nanos): boolean {
  const horizon = watermark - plan.timespan * (plan.mode === 'absent' ? 2n : 1n) - 1n;
  const keep = state.hits.findIndex(({ time }) => time >= horizon);
  drop(state, plan, keep < 0 ? state.hits.length : keep);
  for (const time of state.triggers) if (time < horizon - plan.rearm) state.triggers.delete(time);
  return state.hits.length === 0 && state.episodes.length === 0;
}

/** Keeps a group bounded whatever its sender does; the oldest hits go, which can only shorten evidence and windows. */
export function cap(state: GroupState, plan: Plan): number {
  const excess = state.hits.length > 2 * MAX_HITS ? state.hits.length - MAX_HITS : 0;
  drop(state, plan, excess);
  return excess;
}

function drop(state: GroupState, plan: Plan, count: number): void {
  if (count === 0) return;
  for (const hit of state.hits.slice(0, count)) {
    for (const episode of state.episodes) {
      if (hit.time < episode.first - plan.timespan || hit.time > episode.last) continue;
      episode.dropped++;
      if (episode.head.length < EVIDENCE) episode.head.push(hit);
    }
  }
  state.hits = state.hits.slice(count);
}

/** Hits kept from the start and from the end of an episode as evidence. */
export const EVIDENCE = 10;

function judge(state: GroupState, plan: Plan, start: Nanos, end: Nanos, trigger: Nanos): readonly Firing[] {
  const window = state.hits.slice(lowerBound(state.hits, start), lowerBound(state.hits, end + 1n));
  const verdict = decide(plan.condition, window, plan.members);
  if (!verdict.holds) return [];
  state.triggers.add(trigger);
  return extend(state, plan, trigger, { start, end }, window, verdict);
}

function judgeAbsent(state: GroupState, plan: Plan, end: Nanos): readonly Firing[] {
  if (plan.condition.kind !== 'temporal_expression') return [];
  const around = state.hits.slice(lowerBound(state.hits, end - plan.timespan), lowerBound(state.hits, end + plan.timespan + 1n));
  const { hits, ...verdict } = decideAbsent(plan.condition.expression, around, end, plan.timespan);
  if (!verdict.holds) return [];
  state.triggers.add(end);
  return extend(state, plan, end, { start: end - plan.timespan, end }, hits, verdict);
}

/** Puts a trigger into its episode, joining two episodes that it bridges; a cell speaks once. */
function extend(
  state: GroupState,
  plan: Plan,
  trigger: Nanos,
  window: Firing['window'],
  hits: readonly Hit[],
  verdict: Verdict,
): readonly Firing[] {
  const { rearm } = plan;
  const cell = cellOf(trigger, rearm);
  const near = state.episodes.filter(({ first, last }) => trigger >= first - rearm && trigger <= last + rearm);
  const [episode, ...others] = near.length > 0 ? near : [newEpisode(trigger)];
  if (episode === undefined) return [];
  if (near.length === 0) state.episodes.push(episode);
  const spoken = near.some(({ cells }) => cells.has(cell));
  const earliest = near.reduce((first, one) => (one.first < first ? one.first : first), trigger);
  const openedLater = near.filter(({ first }) => cellOf(first, rearm) !== cellOf(earliest, rearm)).map(({ first }) => cellOf(first, rearm));
  for (const other of others) absorb(episode, other, state);
  episode.first = earliest;
  if (trigger > episode.last) episode.last = trigger;
  episode.cells.add(cell);
  const opening = cellOf(episode.first, rearm);
  const base = {
    rule: plan.rule,
    group: state.group,
    opening: opening * rearm,
    time: trigger,
    window,
    count: hits.length,
    total: episode.dropped + within(state.hits, episode, plan).length,
    decision: verdict.decision,
    hits,
  };
  const merged = openedLater.map((late): Firing => ({ ...base, stage: 'merged', cell: late * rearm, opening: late * rearm }));
  if (spoken) return merged;
  return [{ ...base, stage: cell === opening ? 'opened' : 'continued', cell: cell * rearm }, ...merged];
}

function newEpisode(trigger: Nanos): Episode {
  return { first: trigger, last: trigger, dropped: 0, head: [], cells: new Set() };
}

function absorb(episode: Episode, other: Episode, state: GroupState): void {
  if (other.last > episode.last) episode.last = other.last;
  episode.dropped += other.dropped;
  episode.head.push(...other.head);
  episode.head.sort(compareHits).splice(EVIDENCE);
  for (const cell of other.cells) episode.cells.add(cell);
  state.episodes = state.episodes.filter((one) => one !== other);
}

/** Episodes that no further trigger can extend are over. */
function close(state: GroupState, plan: Plan, watermark: Nanos): readonly Firing[] {
  const over = state.episodes.filter(({ last }) => last + plan.rearm < watermark);
  if (over.length === 0) return [];
  state.episodes = state.episodes.filter((episode) => !over.includes(episode));
  return over.map((episode): Firing => {
    const live = within(state.hits, episode, plan);
    const hits = [...episode.head, ...live];
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
      hits,
    };
  });
}

const within = (hits: readonly Hit[], { first, last }: Episode, { timespan }: Plan): readonly Hit[] =>
  hits.filter(({ time }) => time >= first - timespan && time <= last);

/** Epoch-aligned number of the span a trigger falls in, also before 1970. */
function cellOf(time: Nanos, rearm: Nanos): bigint {
  const cell = time / rearm;
  return time < 0n && cell * rearm !== time ? cell - 1n : cell;
}

/** Index of the first hit at or after an instant. */
function lowerBound(hits: readonly Hit[], time: Nanos): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hits[middle] as Hit).time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function placeOf(hits: readonly Hit[], hit: Hit): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareHits(hits[middle] as Hit, hit) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
