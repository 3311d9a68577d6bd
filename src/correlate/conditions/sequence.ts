import type { Nanos } from '../../event/time.ts';
import { conjunctsOf } from '../../rule/ir/conjuncts.ts';
import type { MemberExpr, RuleId, Sequence } from '../../rule/ir/rule.ts';
import type { Hit } from '../firing.ts';
import { lowerBound, MIN_TIME } from '../hits.ts';
import { type Frame, type Kind, NOTHING, type Passage, SETTLED, type Trigger } from '../kind.ts';
import { complete, eventEnd } from '../sequences.ts';

type Own = { settled: Nanos };

/**
 * Steps in order within the timespan, in one of several ways. A trigger is the time of the last step. Where nothing must
 * be absent more matches can only help, and it is decided at once; else when the watermark has passed what is waited for.
 */
export function sequenceKind(ways: readonly Sequence[], { timespan }: Frame): Kind<Own> {
  const absences = ways.flatMap(({ absent, steps }) => absent.map((one) => ({ ...one, last: one.at === steps.length })));
  const settled = absences.length > 0 || ways.some(({ until }) => until !== undefined);
  const longest = (of: typeof absences): Nanos => of.reduce((most, { within = timespan }) => (within > most ? within : most), 0n);
  const delay = longest(absences.filter(({ last }) => last));
  const back = longest(absences.filter(({ at, within }) => at === 0 && within !== undefined));

  const judge = (hits: readonly Hit[], time: Nanos, from: number): Trigger | undefined => {
    for (let i = from; i < hits.length && hits[i]?.time === time; i = eventEnd(hits, i)) {
      for (const way of ways) {
        const last = way.steps.at(-1)?.rule;
        if (!hits.slice(i, eventEnd(hits, i)).some(({ rule }) => rule === last)) continue;
        const found = complete(way, hits, i, timespan);
        if (found !== undefined) return triggerOf(found, time, timespan);
      }
    }
    return undefined;
  };

  function* reached(hits: readonly Hit[], at: number): Iterable<Trigger> {
    const until = (hits[at] as Hit).time + timespan;
    for (let i = lowerBound(hits, (hits[at] as Hit).time); i < hits.length && (hits[i] as Hit).time <= until; ) {
      const { time } = hits[i] as Hit;
      const trigger = judge(hits, time, i);
      if (trigger !== undefined) yield trigger;
      i = lowerBound(hits, time + 1n);
    }
  }

  function* settle(hits: readonly Hit[], own: Own, { watermark, silent }: Passage): Iterable<Trigger> {
    for (let i = lowerBound(hits, own.settled + 1n); i < hits.length; i = lowerBound(hits, own.settled + 1n)) {
      const { time } = hits[i] as Hit;
      if (time + delay >= watermark) break;
      own.settled = time;
      const trigger = judge(hits, time, i);
      if (trigger !== undefined) yield { ...trigger, undecided: silent(time - timespan - back, time + delay) };
    }
  }

  return {
    reach: timespan + back + delay,
    settled,
    delay,
    maxHits: 4096,
    initial: () => ({ settled: MIN_TIME }),
    rests: SETTLED,
    inserted: (hits, at) => (settled ? NOTHING : reached(hits, at)),
    passed: (hits, own, passage) => (settled ? settle(hits, own, passage) : NOTHING),
    due(hits, own) {
      if (!settled) return undefined;
      const next = hits[lowerBound(hits, own.settled + 1n)];
      return next === undefined ? undefined : next.time + delay;
    },
    blank: () => true,
  };
}

function triggerOf(found: readonly Hit[], time: Nanos, timespan: Nanos): Trigger {
  const decision = [{ condition: 'sequence', expected: found.length, observed: found.length }];
  return { time, start: time - timespan, end: time, explain: () => ({ decision, hits: found }) };
}

/** The ways to fulfil an expression over ordered members: what must be absent stands where `rules` puts it. */
export function waysOf(expression: MemberExpr, members: readonly RuleId[]): readonly Sequence[] {
  return conjunctsOf(expression).map(({ seen, absent }) => {
    const place = (rule: RuleId): number => members.indexOf(rule);
    const steps = [...new Set(seen)].sort((a, b) => place(a) - place(b));
    return {
      steps: steps.map((rule) => ({ rule })),
      absent: [...new Set(absent)].map((rule) => ({ rule, at: steps.filter((step) => place(step) < place(rule)).length })),
    };
  });
}
