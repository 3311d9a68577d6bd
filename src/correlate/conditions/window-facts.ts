import type { Nanos } from '../../event/time.ts';
import type { WindowFact, WindowFacts, WindowNode } from '../../rule/ir/rule.ts';
import { evaluateDecorated } from '../../rule/json-rules/operators.ts';
import { type Decision, type Hit, isEarlierEvent, isSameEvent } from '../firing.ts';
import { lowerBound } from '../hits.ts';
import type { Frame, Kind } from '../kind.ts';
import { textsOf, tuplesOf } from '../values.ts';
import { windowKind } from '../windows.ts';
import { atRank } from './aggregate.ts';

/** A condition tree over values of trailing windows, asked at every match of `asked` (correlation page, section 9). */
export function windowFacts({ asked, tree, monotone }: WindowFacts, { timespan }: Frame): Kind {
  /** Matches of `asked` at the end of the window. */
  const askedAt = (hits: readonly Hit[], to: number): readonly Hit[] => {
    const end = (hits[to - 1] as Hit).time;
    const out: Hit[] = [];
    for (let i = to - 1; i >= 0 && hits[i]?.time === end; i--) if (hits[i]?.rule === asked) out.push(hits[i] as Hit);
    return out.reverse();
  };
  return windowKind(monotone ? 'trigger' : 'trailing', timespan, {
    holds: (hits, _from, to) => askedAt(hits, to).some((one) => holds(tree, hits, to, one)),
    decision(hits, _from, to) {
      const one = askedAt(hits, to).find((each) => holds(tree, hits, to, each));
      return one === undefined ? [] : decisions(tree, hits, to, one);
    },
  });
}

function holds(node: WindowNode, hits: readonly Hit[], to: number, asked: Hit): boolean {
  switch (node.op) {
    case 'all':
      return node.of.every((one) => holds(one, hits, to, asked));
    case 'any':
      return node.of.some((one) => holds(one, hits, to, asked));
    case 'not':
      return !holds(node.of, hits, to, asked);
    case 'member':
      return isAlso(node.rule, hits, to, asked);
    case 'fact':
      return evaluateDecorated(node.decorators, node.operator, factValue(node.fact, hits, to, asked), node.value);
  }
}

function decisions(node: WindowNode, hits: readonly Hit[], to: number, asked: Hit): readonly Decision[] {
  if (node.op === 'not') return decisions(node.of, hits, to, asked);
  if (node.op === 'member') return [];
  if (node.op !== 'fact') return node.of.flatMap((one) => decisions(one, hits, to, asked));
  const { fact, operator, decorators, value } = node;
  return [
    {
      condition: `${fact.name} ${[...decorators, operator].join(':')}`,
      expected: value,
      observed: factValue(fact, hits, to, asked) ?? null,
    },
  ];
}

/** The event asked about stands among its neighbours of the same instant. */
function isAlso(rule: string, hits: readonly Hit[], to: number, asked: Hit): boolean {
  for (let i = to - 1; i >= 0 && hits[i]?.time === asked.time; i--) {
    const hit = hits[i] as Hit;
    if (hit.rule === rule && isSameEvent(hit, asked)) return true;
  }
  return false;
}

/** The value of a fact on the window that ends at the event asked about; undefined = it has none. */
function factValue(fact: WindowFact, hits: readonly Hit[], to: number, asked: Hit): number | boolean | undefined {
  const inside = membersIn(fact, hits, to, asked.time);
  switch (fact.name) {
    case 'count':
      return inside.length;
    case 'rate':
      return inside.length / (Number(fact.within) / 1e9);
    case 'ratio':
      return inside.length / Math.max(1, membersIn({ ...fact, members: [asked.rule] }, hits, to, asked.time).length);
    case 'distinct':
      return new Set(inside.flatMap((hit) => keysOf(fact, hit))).size;
    case 'firstSeen':
      return isFirst(fact, inside, asked);
    case 'absent':
      return !inside.some(({ time }) => time < asked.time);
    case 'together':
      return fact.members.every((member) => inside.some(({ rule }) => rule === member));
    case 'sequence':
      return inSequence(fact.members, inside);
    default:
      return aggregate(fact, inside);
  }
}

function membersIn({ members, within }: WindowFact, hits: readonly Hit[], to: number, end: Nanos): readonly Hit[] {
  const out: Hit[] = [];
  for (let i = lowerBound(hits, end - within); i < to; i++) if (members.includes((hits[i] as Hit).rule)) out.push(hits[i] as Hit);
  return out;
}

const keysOf = ({ fields }: WindowFact, { values }: Hit): readonly string[] =>
  tuplesOf(fields.map((field) => textsOf(values[field]))).map((tuple) => JSON.stringify(tuple));

/** True if some value of the event was in no earlier event of the window; without a value there is nothing to say. */
function isFirst(fact: WindowFact, inside: readonly Hit[], asked: Hit): boolean | undefined {
  const own = keysOf(fact, asked);
  if (own.length === 0) return undefined;
  const seen = new Set(inside.filter((hit) => isEarlierEvent(hit, asked)).flatMap((hit) => keysOf(fact, hit)));
  return own.some((key) => !seen.has(key));
}

/** One event fills one step; the earliest choice for each step leaves most room for the next. */
function inSequence(steps: readonly string[], inside: readonly Hit[]): boolean {
  let next = 0;
  let last: Hit | undefined;
  for (const hit of inside) {
    if (hit.rule !== steps[next] || (last !== undefined && isSameEvent(hit, last))) continue;
    last = hit;
    if (++next === steps.length) return true;
  }
  return false;
}

function aggregate({ name, fields, percentile }: WindowFact, inside: readonly Hit[]): number | undefined {
  const field = fields[0] as string;
  const numbers = inside
    .flatMap(({ values }) => textsOf(values[field]))
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  // Summed in order of size, so that rounding does not depend on the order of arrival.
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (name === 'sum') return sum;
  if (numbers.length === 0) return undefined;
  return name === 'avg' ? sum / numbers.length : atRank(numbers, name === 'median' ? 50 : (percentile ?? 50));
}
