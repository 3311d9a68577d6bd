import type { Nanos } from '../../event/time.ts';
import { type Conjunct, conjunctsOf } from '../../rule/ir/conjuncts.ts';
import type { MemberExpr, RuleId } from '../../rule/ir/rule.ts';
import type { Hit } from '../firing.ts';
import { lowerBound, MIN_TIME } from '../hits.ts';
import { type Frame, type Kind, NOTHING, type Passage, SETTLED, type Trigger } from '../kind.ts';
import { windowKind } from '../windows.ts';
import { edgesByKey } from './spare.ts';

/** A condition such as `a and (b or c)` over the members seen; with `not`, what must be absent is waited for. */
export function temporalExpression({ expression }: { readonly expression: MemberExpr }, { timespan }: Frame): Kind {
  if (negates(expression)) return absentKind(conjunctsOf(expression), timespan);
  const seen = (hits: readonly Hit[], from: number, to: number): ReadonlySet<RuleId> => {
    const rules = new Set<RuleId>();
    for (let i = from; i < to; i++) rules.add((hits[i] as Hit).rule);
    return rules;
  };
  return windowKind('trigger', timespan, {
    holds: (...span) => isTrue(expression, seen(...span)),
    decision: (...span) => [{ condition: 'temporal', expected: true, observed: [...seen(...span)].sort() }],
    keysOf: ruleOf,
    spare: (hits) => edgesByKey(hits, timespan, ruleOf),
  });
}

const ruleOf = ({ rule }: Hit): readonly string[] => [rule];

function isTrue(node: MemberExpr, seen: ReadonlySet<RuleId>): boolean {
  if (node.op === 'member') return seen.has(node.rule);
  if (node.op === 'not') return !isTrue(node.of, seen);
  return node.op === 'and' ? node.of.every((one) => isTrue(one, seen)) : node.of.some((one) => isTrue(one, seen));
}

function negates(tree: MemberExpr): boolean {
  return tree.op === 'not' || (tree.op !== 'member' && tree.of.some(negates));
}

type Own = { settled: Nanos };

/**
 * Decided at a candidate for the last positive match: the positives as late as possible within a window that ends there,
 * and none of the others in any window that holds the positives (correlation page, section 3, row 19). What must not be
 * there may come up to a window later, so the watermark has to pass that.
 */
function absentKind(ways: readonly Conjunct[], timespan: Nanos): Kind<Own> {
  function* settle(hits: readonly Hit[], own: Own, passage: Passage): Iterable<Trigger> {
    for (let i = lowerBound(hits, own.settled + 1n); i < hits.length; i++) {
      const { time } = hits[i] as Hit;
      if (time + timespan >= passage.watermark) break;
      if (time === own.settled) continue;
      own.settled = time;
      const trigger = judge(hits, time, passage);
      if (trigger !== undefined) yield trigger;
    }
  }
  const judge = (hits: readonly Hit[], end: Nanos, { silent }: Passage): Trigger | undefined => {
    const around = hits.slice(lowerBound(hits, end - timespan), lowerBound(hits, end + timespan + 1n));
    let doubt: Trigger | undefined;
    for (const { seen, absent } of ways) {
      const found = positives(around, seen, end, timespan);
      if (found === undefined) continue;
      const until = (found[0] as Hit).time + timespan;
      if (around.some(({ rule, time }) => absent.includes(rule) && time <= until)) continue;
      const undecided = absent.length > 0 && silent(end - timespan, until);
      const decision = [{ condition: 'temporal', expected: true, observed: [...seen].sort() }];
      const trigger = { time: end, start: end - timespan, end, explain: () => ({ decision, hits: found }) };
      if (!undecided) return trigger;
      doubt = { ...trigger, undecided };
    }
    return doubt;
  };
  return {
    reach: 2n * timespan,
    settled: true,
    delay: timespan,
    initial: () => ({ settled: MIN_TIME }),
    rests: SETTLED,
    inserted: () => NOTHING,
    passed: settle,
    due(hits, own) {
      const next = hits[lowerBound(hits, own.settled + 1n)];
      return next === undefined ? undefined : next.time + timespan;
    },
    blank: () => true,
  };
}

/** The latest match of each member in the window that ends at `end`, in order, if the last of them stands at `end`. */
function positives(around: readonly Hit[], seen: readonly RuleId[], end: Nanos, timespan: Nanos): readonly Hit[] | undefined {
  const latest = [...new Set(seen)].map((rule) =>
    around.findLast((hit) => hit.rule === rule && hit.time <= end && hit.time >= end - timespan),
  );
  const hits = latest.filter((hit) => hit !== undefined).sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return hits.length === latest.length && hits.at(-1)?.time === end ? hits : undefined;
}
