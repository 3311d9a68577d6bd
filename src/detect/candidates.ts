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
  /** The same where a machine brought them up: so many words from a place in its memory on, which may move meanwhile. */
  verifyListed(group: Group, view: View, found: MatchBuffer, memory: { readonly words: Int32Array }, from: number, count: number): void;
};

export function createCandidates(stats: MatcherStats): Candidates {
  let stamp: Int32Array = new Int32Array(0);
  const list: { words: Int32Array } = { words: new Int32Array(0) };
  let generation = 0;
  let count = 0;

  const verifyListed: Candidates['verifyListed'] = ({ plan, rules }, view, found, memory, from, listed) => {
    const { always } = plan;
    for (let i = 0; i < always.length; i++) {
      const rule = always[i] as number;
      if (programOf(plan, rule)(view)) addMatch(found, rules[rule] as number);
    }
    for (let i = from; i < from + listed; i++) {
      const rule = memory.words[i] as number;
      if (programOf(plan, rule)(view)) addMatch(found, rules[rule] as number);
    }
    stats.events++;
    stats.candidates += listed;
    stats.always += always.length;
  };

  return {
    begin(group) {
      stamp = group.stamp;
      list.words = group.candidates;
      generation = ++group.generation;
      count = 0;
    },
    fire(rules) {
      for (let i = 0; i < rules.length; i++) {
        const rule = rules[i] as number;
        if (stamp[rule] === generation) continue;
        stamp[rule] = generation;
        list.words[count++] = rule;
      }
    },
    verify(group, view, found) {
      verifyListed(group, view, found, list, 0, count);
    },
    verifyListed,
  };
}
