import type { RuleId, Threshold } from '../../rule/ir/rule.ts';
import type { Hit } from '../firing.ts';
import type { Frame, Kind } from '../kind.ts';
import { windowKind } from '../windows.ts';
import { edgesByKey } from './spare.ts';
import { decisionOf, meets, rising } from './thresholds.ts';

/** How many different members matched in the window; in the order of `rules`, how long the longest chain is. Default: all. */
export function temporal(
  { ordered, thresholds }: { readonly ordered: boolean; readonly thresholds: readonly Threshold[] },
  { members, timespan }: Frame,
): Kind {
  const wanted: readonly Threshold[] = thresholds.length > 0 ? thresholds : [{ compare: 'gte', value: members.length }];
  const seen = ordered ? (...span: Span) => longestChain(members, ...span) : different;
  return windowKind(rising(wanted) ? 'trigger' : 'anchored', timespan, {
    holds: (...span) => meets(seen(...span), wanted),
    decision: (...span) => decisionOf(ordered ? 'temporal_ordered' : 'temporal', seen(...span), wanted),
    ...(ordered ? {} : { keysOf: ruleOf, spare: (hits) => edgesByKey(hits, timespan, ruleOf) }),
  });
}

const ruleOf = ({ rule }: Hit): readonly string[] => [rule];

type Span = [hits: readonly Hit[], from: number, to: number];

function different(...[hits, from, to]: Span): number {
  const rules = new Set<RuleId>();
  for (let i = from; i < to; i++) rules.add((hits[i] as Hit).rule);
  return rules.size;
}

/** The longest run of matches whose rules stand in the order written, each later than the one before. */
function longestChain(members: readonly RuleId[], ...[hits, from, to]: Span): number {
  // best[k]: the longest chain that ends with one of the first k members; a match fills one place of a chain.
  const best = new Array<number>(members.length + 1).fill(0);
  for (let i = from; i < to; i++) {
    const step = members.indexOf((hits[i] as Hit).rule);
    const length = (best[step] ?? 0) + 1;
    for (let k = step + 1; k <= members.length && (best[k] as number) < length; k++) best[k] = length;
  }
  return best.at(-1) ?? 0;
}
