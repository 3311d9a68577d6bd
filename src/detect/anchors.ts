import type { Expr, JsonPredicate, Predicate, TextPattern } from '../rule/ir/expr.ts';
import { fold } from '../shared/fold.ts';
import type { JsonValue } from '../shared/json.ts';
import { bestSet, regexLiterals } from './regex-literals.ts';
import { type Leaf, leafText } from './scalar.ts';

/** A folded text that must stand in a field (or, with `field: null`, in any value) at a place. */
export type Anchor = { readonly field: string | null; readonly kind: 'equals' | 'prefix' | 'suffix' | 'contains'; readonly text: string };

/** Anchors of which at least one is there whenever the expression holds, and what they are expected to cost. */
export type Cover = { readonly cost: number; readonly anchors: readonly Anchor[] };

/** Expected share of events that an anchor is found in. */
export type Rate = (anchor: Anchor) => number;

/**
 * The cheapest cover of an expression (Sigma page, section 9: a witness): a literal covers itself, `and` takes the cheapest
 * of its members, `or` needs one of every member, and a negation or comparison has none. Undefined = none; such a rule is
 * always evaluated.
 */
export function coverOf(expr: Expr, rate: Rate): Cover | undefined {
  switch (expr.op) {
    case 'and': {
      let best: Cover | undefined;
      for (const member of expr.of) {
        const cover = coverOf(member, rate);
        if (cover !== undefined && (best === undefined || cover.cost < best.cost)) best = cover;
      }
      return best;
    }
    case 'or': {
      let cost = 0;
      const anchors: Anchor[] = [];
      for (const member of expr.of) {
        const cover = coverOf(member, rate);
        if (cover === undefined) return undefined;
        cost += cover.cost;
        anchors.push(...cover.anchors);
      }
      return { cost, anchors };
    }
    case 'text':
    case 'regex':
      return coverOfPredicate(expr, rate);
    case 'json': {
      const anchors = jsonAnchors(expr);
      return anchors === undefined ? undefined : { cost: anchors.reduce((sum, anchor) => sum + rate(anchor), 0), anchors };
    }
    default:
      return undefined;
  }
}

/** What is identical has the same text: a field that is, is one of, or contains a scalar shows that text as a whole value. */
function jsonAnchors({ field, operator, value, keys, decorators, other }: JsonPredicate): readonly Anchor[] | undefined {
  // A value inside a field, or one that is turned about before it is compared, need not show in the field's own text.
  if (keys !== undefined || decorators !== undefined || other !== undefined) return undefined;
  const wanted = operator === 'in' && Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  const scalars = wanted.filter((one): one is Leaf => one !== null && typeof one !== 'object');
  const positive = operator === 'equal' || operator === 'in' || operator === 'contains';
  if (!positive || scalars.length < wanted.length) return undefined;
  return scalars.map((one) => ({ field, kind: 'equals', text: fold(leafText(one)) }));
}

function coverOfPredicate(predicate: Extract<Predicate, { op: 'text' | 'regex' }>, rate: Rate): Cover | undefined {
  const anchors =
    predicate.op === 'text' ? textAnchor(predicate.field, predicate.pattern) : regexAnchors(predicate.field, predicate.pattern);
  return anchors === undefined ? undefined : { cost: anchors.reduce((sum, anchor) => sum + rate(anchor), 0), anchors };
}

const isAny = (token: TextPattern[number] | undefined): boolean => typeof token === 'object' && token.wildcard === 'any';

/** A cased pattern is found by its folded text as well: what is equal is equal without letter case. */
function textAnchor(field: string | null, pattern: TextPattern): readonly Anchor[] | undefined {
  const [a, b, c] = pattern;
  if (field !== null) {
    if (pattern.length === 0) return [{ field, kind: 'equals', text: '' }];
    if (pattern.length === 1 && typeof a === 'string') return [{ field, kind: 'equals', text: fold(a) }];
    if (pattern.length === 2 && typeof a === 'string' && isAny(b)) return [{ field, kind: 'prefix', text: fold(a) }];
    if (pattern.length === 2 && isAny(a) && typeof b === 'string') return [{ field, kind: 'suffix', text: fold(b) }];
    if (pattern.length === 3 && isAny(a) && typeof b === 'string' && isAny(c)) return [{ field, kind: 'contains', text: fold(b) }];
  }
  const longest = pattern
    .filter((token) => typeof token === 'string')
    .reduce((best, token) => (token.length > best.length ? token : best), '');
  return longest === '' ? undefined : [{ field, kind: 'contains', text: fold(longest) }];
}

function regexAnchors(field: string | null, pattern: string): readonly Anchor[] | undefined {
  return bestSet(regexLiterals(pattern))?.map((text) => ({ field, kind: 'contains', text }));
}
