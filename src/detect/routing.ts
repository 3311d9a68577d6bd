import type { Logsource, Route, RouteLabel } from '../event/event.ts';
import type { Expr, Predicate } from '../rule/ir/expr.ts';
import { fold } from '../shared/fold.ts';
import type { JsonValue } from '../shared/json.ts';
import { compileGlob, globMatches } from './glob.ts';
import { compareNumbers } from './reference.ts';
import { leafNumber, leafText } from './scalar.ts';

/** The label through which a rule sees events of a route; `null` = it sees none; `undefined` = it needs no label. */
export function labelFor(logsource: Logsource | undefined, route: Route): RouteLabel | null | undefined {
  if (logsource === undefined || route.everyLogsource === true) return undefined;
  return route.labels.find((label) => covers(logsource, label)) ?? null;
}

/** Every attribute the rule gives equals the label's; an absent one of the label does not satisfy it. */
export function covers(rule: Logsource, label: RouteLabel): boolean {
  return (
    (rule.category === undefined || rule.category === label.category) &&
    (rule.product === undefined || rule.product === label.product) &&
    (rule.service === undefined || rule.service === label.service)
  );
}

/** The expression with everything decided that is the same for all events of a route, in whatever letter case they have it. */
export function foldKnown(expr: Expr, known: ReadonlyMap<string, JsonValue>): Expr {
  if (known.size === 0) return expr;
  switch (expr.op) {
    case 'constant':
      return expr;
    case 'not': {
      const inner = foldKnown(expr.of, known);
      return inner.op === 'constant' ? { op: 'constant', value: !inner.value } : { op: 'not', of: inner };
    }
    case 'and':
    case 'or':
      return foldMembers(expr.op, expr.of, known);
    default:
      return foldPredicate(expr, known);
  }
}

function foldMembers(op: 'and' | 'or', members: readonly Expr[], known: ReadonlyMap<string, JsonValue>): Expr {
  const rest: Expr[] = [];
  for (const member of members) {
    const folded = foldKnown(member, known);
    if (folded.op !== 'constant') rest.push(folded);
    else if (folded.value === (op === 'or')) return folded;
  }
  if (rest.length === 0) return { op: 'constant', value: op === 'and' };
  return rest.length === 1 ? (rest[0] as Expr) : { op, of: rest };
}

/** Only scalars are known, and only plain comparisons are folded; anything else is left to the event. */
function foldPredicate(predicate: Predicate, known: ReadonlyMap<string, JsonValue>): Expr {
  if (predicate.op === 'fieldref' || predicate.field === null) return predicate;
  const value = known.get(predicate.field);
  if (value === undefined || value === null || typeof value === 'object') return predicate;
  switch (predicate.op) {
    case 'text': {
      // Routes that differ by letter case alone share what is made here.
      if (predicate.cased) return predicate;
      const glob = compileGlob(predicate.pattern.map((token) => (typeof token === 'string' ? fold(token) : token)));
      return { op: 'constant', value: globMatches(glob, fold(leafText(value))) };
    }
    case 'number':
      return { op: 'constant', value: compareNumbers(leafNumber(value), predicate.compare, predicate.value) };
    case 'null':
      return { op: 'constant', value: false };
    case 'exists':
    case 'present':
      return { op: 'constant', value: true };
    default:
      return predicate;
  }
}
