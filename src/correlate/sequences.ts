import type { Nanos } from '../event/time.ts';
import type { Sequence } from '../rule/ir/rule.ts';
import type { Hit } from './firing.ts';
import { lowerBound } from './hits.ts';

/** A chain that has reached some step: the newest one, which every later match extends if it extends any. */
type Chain = { readonly start: Nanos; readonly last: Nanos; readonly event: number; readonly hit: Hit; readonly before: Chain | undefined };

/**
 * The witnesses of a sequence that completes at the event whose first hit stands at `end`, or undefined. Chains start at
 * most `timespan` before. `hits` must reach back that far and by the longest `within` of a step that must be absent
 * before, and forward by the longest after.
 *
 * Among chains that may start at all the newest dominates: it expires last, meets every gap that an older one meets, and
 * what kills it killed the older ones too. So one chain per step is enough. Where the bound of an absence depends on the
 * start or the end of the chain (`within` left out) it is turned into a bound on the start first.
 */
export function complete(way: Sequence, hits: readonly Hit[], end: number, timespan: Nanos): readonly Hit[] | undefined {
  const { steps } = way;
  const finish = (hits[end] as Hit).time;
  const latest = latestStart(way, hits, end, timespan);
  if (latest === undefined) return undefined;
  const chains: (Chain | undefined)[] = new Array(steps.length + 1).fill(undefined);
  const lastSeen = new Map<number, Nanos>();
  const back = way.absent.reduce((most, { at, within }) => (at === 0 && within !== undefined && within > most ? within : most), 0n);
  for (let i = lowerBound(hits, finish - timespan - back), next = i; i <= end; i = next) {
    next = eventEnd(hits, i);
    const { time } = hits[i] as Hit;
    const hitOf = (rule: string): Hit | undefined => {
      for (let h = i; h < next; h++) if (hits[h]?.rule === rule) return hits[h];
      return undefined;
    };
    for (let k = steps.length; k >= 1; k--) {
      const { rule, maxGap } = steps[k - 1] as Sequence['steps'][number];
      const hit = hitOf(rule);
      if (hit === undefined) continue;
      const before = chains[k - 1];
      if (k > 1 && (before === undefined || (maxGap !== undefined && time - before.last > maxGap))) continue;
      if (k === 1 && !(time >= finish - timespan && latest(time, i) && quietBefore(way, lastSeen, time))) continue;
      chains[k] = { start: before?.start ?? time, last: time, event: i, hit, before };
    }
    way.absent.forEach(({ rule, at }, n) => {
      if (hitOf(rule) === undefined) return;
      if (at === 0) lastSeen.set(n, time);
      else if (at < steps.length && chains[at]?.event !== i) chains[at] = undefined;
    });
    if (way.until !== undefined && hitOf(way.until) !== undefined)
      for (let k = 1; k <= steps.length; k++) if (chains[k]?.event !== i) chains[k] = undefined;
  }
  const whole = chains[steps.length];
  return whole?.event === end ? witnesses(whole) : undefined;
}

/** Where the hits of the event at `i` end: one event that several members match fills one step. */
export function eventEnd(hits: readonly Hit[], i: number): number {
  const { time, origin } = hits[i] as Hit;
  let end = i + 1;
  for (let other = hits[end]; other !== undefined && other.time === time && same(other.origin, origin); other = hits[end]) end++;
  return end;
}

const same = (a: Hit['origin'], b: Hit['origin']): boolean =>
  a.offset === b.offset && a.partition === b.partition && a.index === b.index && a.source === b.source;

/** No match that must be absent before the first step within a given time: none of them stands that near before `time`. */
function quietBefore(way: Sequence, lastSeen: ReadonlyMap<number, Nanos>, time: Nanos): boolean {
  return way.absent.every(({ at, within }, n) => {
    const seen = lastSeen.get(n);
    return at > 0 || within === undefined || seen === undefined || seen < time - within;
  });
}

/**
 * May a chain start at this time and place? Undefined: none may, because something came within its time after the last
 * step. Absent before the first step, no time given: none in the window before the start, so the start comes before the
 * first such match. After the last step, no time given: none within a timespan of the start.
 */
function latestStart(
  way: Sequence,
  hits: readonly Hit[],
  end: number,
  timespan: Nanos,
): ((time: Nanos, index: number) => boolean) | undefined {
  const finish = (hits[end] as Hit).time;
  let before = hits.length;
  let under: Nanos | undefined;
  for (const { rule, at, within } of way.absent) {
    if (at === 0 && within === undefined) {
      let first = lowerBound(hits, finish - timespan);
      while (first < end && hits[first]?.rule !== rule) first++;
      if (first < end && first < before) before = first;
    } else if (at === way.steps.length) {
      let next = eventEnd(hits, end);
      while (next < hits.length && hits[next]?.rule !== rule) next++;
      const time = hits[next]?.time;
      if (time === undefined) continue;
      if (within !== undefined && time <= finish + within) return undefined;
      if (within === undefined && (under === undefined || time - timespan < under)) under = time - timespan;
    }
  }
  // A match of the event that starts the chain does not come before it.
  return (time, index) => index <= before && (under === undefined || time < under);
}

function witnesses(chain: Chain): readonly Hit[] {
  const out: Hit[] = [];
  for (let one: Chain | undefined = chain; one !== undefined; one = one.before) out.push(one.hit);
  return out.reverse();
}
