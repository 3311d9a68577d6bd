import type { Event, Route } from '../event/event.ts';
import type { Detection } from '../rule/ir/rule.ts';
import { compileGroup, type Group, SAMPLES } from './group.ts';
import { addMatch, type MatchBuffer } from './match-buffer.ts';
import type { Program } from './program.ts';

export { createMatchBuffer, type MatchBuffer } from './match-buffer.ts';

/** Every detection against one event: synchronous, and without allocation for events that match nothing. */
export interface Matcher {
  readonly detections: readonly Detection[];
  /** Adds the indexes of the detections that hold; the caller resets the buffer. */
  match(event: Event, found: MatchBuffer): void;
}

/** Work done so far, for measurements. */
export type MatcherStats = { events: number; candidates: number; always: number };

/**
 * Finds the rules of an event by what it contains: the rules of its route are compiled together, the literals of each
 * field are looked for once, and only rules that a literal brought up, or that have none, are evaluated.
 */
export function createMatcher(detections: readonly Detection[], stats: MatcherStats = { events: 0, candidates: 0, always: 0 }): Matcher {
  const groups: Group[] = [];
  const routes: Route[] = [];
  let current: Group | undefined;

  const fire = (rules: Int32Array): void => {
    const group = current as Group;
    const { stamp, candidates, generation } = group;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i] as number;
      if (stamp[rule] === generation) continue;
      stamp[rule] = generation;
      candidates[count++] = rule;
    }
  };
  let count = 0;

  const groupOf = (route: Route): Group => {
    const known = groups[route.id];
    if (known !== undefined && routes[route.id] === route) return known;
    const group = compileGroup(detections, route);
    groups[route.id] = group;
    routes[route.id] = route;
    return group;
  };

  return {
    detections,
    match({ route, document }, found) {
      const group = groupOf(route);
      if (group.programs.length === 0) return;
      const { view, programs, rules } = group;
      if (group.samples !== undefined) {
        group.samples.push(document);
        if (group.samples.length === SAMPLES) {
          group.plan = group.replan(group.samples);
          group.samples = undefined;
        }
      }
      const { fields, keywords, always } = group.plan;
      view.begin(document);
      current = group;
      group.generation++;
      count = 0;
      for (let k = 0; k < fields.length; k++) {
        const { slot, index } = fields[k] as (typeof fields)[number];
        const text = view.low(slot);
        if (text === undefined) continue;
        if (typeof text === 'string') index.scan(text, fire);
        else for (let j = 0; j < text.length; j++) index.scan(text[j] as string, fire);
      }
      if (keywords !== undefined) keywords.scan(view.joinedKeywords(), fire);
      for (let i = 0; i < always.length; i++) {
        const rule = always[i] as number;
        if ((programs[rule] as Program)(view)) addMatch(found, rules[rule] as number);
      }
      for (let i = 0; i < count; i++) {
        const rule = group.candidates[i] as number;
        if ((programs[rule] as Program)(view)) addMatch(found, rules[rule] as number);
      }
      stats.events++;
      stats.candidates += count;
      stats.always += always.length;
    },
  };
}
