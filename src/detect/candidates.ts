import type { Group } from './group.ts';
import type { Fire } from './literal-index.ts';
import { addMatch, type MatchBuffer } from './match-buffer.ts';
import { programOf } from './plan.ts';
import type { View } from './view.ts';

/** Work done so far, for measurements. */
export type MatcherStats = { events: number; candidates: number; always: number };

/** Rules that literals brought up for the current event, each once; then what they say. */
export type Candidates = {
  begin(group: Group): void;
  readonly fire: Fire;
  /** Evaluates what was brought up and what has no literal; adds the places of the detections that hold. */
  verify(group: Group, view: View, found: MatchBuffer): void;
};

export function createCandidates(stats: MatcherStats): Candidates {
  let stamp: Int32Array = new Int32Array(0);
  let list: Int32Array = new Int32Array(0);
  let generation = 0;
  let count = 0;
  return {
    begin(group) {
      ({ stamp, candidates: list } = group);
      generation = ++group.generation;
      count = 0;
    },
    fire(rules) {
      for (let i = 0; i < rules.length; i++) {
        const rule = rules[i] as number;
        if (stamp[rule] === generation) continue;
        stamp[rule] = generation;
        list[count++] = rule;
      }
    },
    verify({ plan, rules }, view, found) {
      const { always } = plan;
      for (let i = 0; i < always.length; i++) {
        const rule = always[i] as number;
        if (programOf(plan, rule)(view)) addMatch(found, rules[rule] as number);
      }
      for (let i = 0; i < count; i++) {
        const rule = list[i] as number;
        if (programOf(plan, rule)(view)) addMatch(found, rules[rule] as number);
      }
      stats.events++;
      stats.candidates += count;
      stats.always += always.length;
    },
  };
}
