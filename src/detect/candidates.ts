import type { Group } from './group.ts';
import type { Fire } from './literal-index.ts';
import { addMatch, type MatchBuffer } from './match-buffer.ts';
import { programOf } from './plan.ts';
import type { View } from './view.ts';

/** Rules that literals brought up for the current event, each once; then what they say. */
export type Candidates = {
  begin(group: Group): void;
  readonly fire: Fire;
  /** Evaluates what was brought up and what has no literal; adds the places of the detections that hold. */
  verify(group: Group, view: View, found: MatchBuffer): void;
};

/** Stamps are words of 32 bits with a sign. */
const MOST_GENERATIONS = 0x7fffffff;

export function createCandidates(): Candidates {
  let stamp: Int32Array = new Int32Array(0);
  let list: Int32Array = new Int32Array(0);
  let generation = 0;
  let count = 0;

  return {
    begin(group) {
      stamp = group.stamp;
      list = group.candidates;
      if (group.generation === MOST_GENERATIONS) {
        stamp.fill(0);
        group.generation = 0;
      }
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
      const ask = (rule: number): void => {
        if (programOf(plan, rule)(view)) addMatch(found, rules[rule] as number);
      };
      for (let i = 0; i < plan.always.length; i++) ask(plan.always[i] as number);
      for (let i = 0; i < count; i++) ask(list[i] as number);
    },
  };
}
