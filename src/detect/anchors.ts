import type { Expr, JsonPredicate, Predicate, TextPattern } from '../rule/ir/expr.ts';
import { fold } from '../shared/fold.ts';
import type { JsonValue } from '../shared/json.ts';
import { regexLiterals } from './regex-literals.ts';
import { type Leaf, leafText } from './scalar.ts';

/**
 * A folded text that must stand in a field (or, with `field: null`, in any value) at a place; with `number`, the decimal
 * text of a whole number that the field's value must equal.
 */
export type Anchor = {
  readonly field: string | null;
  readonly kind: 'equals' | 'prefix' | 'suffix' | 'contains' | 'number';
  readonly text: string;
};

/**
 * Anchors of which at least one is there whenever the expression holds, and what they are expected to cost. `decides`: the
 * part of the expression that holds exactly if one of them is there, so that it need not be asked again.
 */
export type Cover = { readonly cost: number; readonly anchors: readonly Anchor[]; readonly decides: Expr | undefined };

/** Expected share of events that an anchor is found in. */
export type Rate = (anchor: Anchor) => number;

/**
 * The cheapest cover of an expression (Sigma page, section 9: a witness): a literal covers itself, `and` takes the cheapest
 * of its members, `or` needs one of every member, and a negation or comparison has none. Undefined = none; such a rule is
 * always evaluated.
 */
export function coverOf(expr: Expr, rate: Rate): Cover | undefined {
  switch (expr.op) {
    case 'and':
      return cheapest(expr.of.map((member) => coverOf(member, rate)));
    case 'or': {
      const covers = expr.of.map((member) => coverOf(member, rate));
      if (!covers.every((cover) => cover !== undefined)) return undefined;
      return {
        cost: covers.reduce((sum, { cost }) => sum + cost, 0),
        anchors: covers.flatMap(({ anchors }) => anchors),
        decides: covers.every(({ decides }, i) => decides === expr.of[i]) ? expr : undefined,
      };
    }
    case 'not':
    case 'constant':
      return undefined;
    default:
      return cheapest(choicesOf(expr).map(({ anchors, decides }) => priced(anchors, rate, decides)));
  }
}

/** Sets of anchors, each of which covers a predicate; it takes the cheapest. */
type Choice = { readonly anchors: readonly Anchor[]; readonly decides: Expr | undefined };

/** What a predicate offers is the same for every group of rules it stands in. */
const choices = new WeakMap<Predicate, readonly Choice[]>();

function choicesOf(predicate: Predicate): readonly Choice[] {
  let known = choices.get(predicate);
  if (known === undefined) choices.set(predicate, (known = findChoices(predicate)));
  return known;
}

function findChoices(predicate: Predicate): readonly Choice[] {
  switch (predicate.op) {
    case 'text':
      return textChoices(predicate);
    case 'regex':
      return regexLiterals(predicate.pattern).map((set) => ({
        anchors: set.map((text) => ({ field: predicate.field, kind: 'contains', text })),
        decides: undefined,
      }));
    case 'json': {
      const anchors = jsonAnchors(predicate);
      return anchors === undefined ? [] : [{ anchors, decides: undefined }];
    }
    case 'boolean':
      return [{ anchors: [{ field: predicate.field, kind: 'equals', text: String(predicate.value) }], decides: predicate }];
    case 'number':
      if (predicate.compare !== 'eq' || predicate.field === null || !Number.isSafeInteger(predicate.value)) return [];
      return [{ anchors: [{ field: predicate.field, kind: 'number', text: String(predicate.value) }], decides: predicate }];
    default:
      return [];
  }
}

function cheapest(covers: readonly (Cover | undefined)[]): Cover | undefined {
  let best: Cover | undefined;
  for (const cover of covers) if (cover !== undefined && (best === undefined || cover.cost < best.cost)) best = cover;
  return best;
}

const priced = (anchors: readonly Anchor[], rate: Rate, decides?: Expr): Cover => ({
  cost: anchors.reduce((sum, anchor) => sum + rate(anchor), 0),
  anchors,
  decides,
});

/** What is left to ask of an expression once a part of it is known to hold. Covers are found below `and` alone. */
export function without(expr: Expr, known: Expr | undefined): Expr {
  if (known === undefined) return expr;
  if (expr === known) return { op: 'constant', value: true };
  if (expr.op !== 'and') return expr;
  const rest = expr.of.map((member) => without(member, known)).filter((member) => member.op !== 'constant' || !member.value);
  return rest.length === 1 ? (rest[0] as Expr) : rest.length === 0 ? { op: 'constant', value: true } : { op: 'and', of: rest };
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

/** A cased pattern is found by its folded text as well: what is equal is equal without letter case. */
function textChoices(predicate: TextPredicate): readonly Choice[] {
  const { field, pattern } = predicate;
  const anchor = textAnchor(field, pattern);
  if (anchor === undefined) return [];
  return [{ anchors: [anchor], decides: exactAnchor(predicate) === undefined ? undefined : predicate }];
}

type TextPredicate = Extract<Predicate, { op: 'text' }>;

/** The anchor that is there exactly if the predicate holds, where there is one. */
export function exactAnchor({ field, pattern, cased }: TextPredicate, isExact = isPlain): Anchor | undefined {
  const anchor = textAnchor(field, pattern);
  return anchor !== undefined && field !== null && !cased && saysAll(pattern) && isExact(anchor.text) ? anchor : undefined;
}

/** Is the pattern no more than its anchor? */
const saysAll = (pattern: TextPattern): boolean =>
  pattern.filter((token) => typeof token === 'string').length <= 1 &&
  pattern.every((token, i) => typeof token === 'string' || (isAny(token) && (i === 0 || i === pattern.length - 1))) &&
  pattern.some((token) => typeof token === 'string');

/** Texts that every index finds exactly: ASCII, and not backslashes alone, which also stand in the middle of JSON escapes. */
export const isPlain = (text: string): boolean => isAscii(text) && !/^\\+$/.test(text);
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII
export const isAscii = (text: string): boolean => /^[\x00-\x7f]+$/.test(text);

const isAny = (token: TextPattern[number] | undefined): boolean => typeof token === 'object' && token.wildcard === 'any';

function textAnchor(field: string | null, pattern: TextPattern): Anchor | undefined {
  const [a, b, c] = pattern;
  if (field !== null) {
    if (pattern.length === 0) return { field, kind: 'equals', text: '' };
    if (pattern.length === 1 && typeof a === 'string') return { field, kind: 'equals', text: fold(a) };
    if (pattern.length === 2 && typeof a === 'string' && isAny(b)) return { field, kind: 'prefix', text: fold(a) };
    if (pattern.length === 2 && isAny(a) && typeof b === 'string') return { field, kind: 'suffix', text: fold(b) };
    if (pattern.length === 3 && isAny(a) && typeof b === 'string' && isAny(c)) return { field, kind: 'contains', text: fold(b) };
  }
  const longest = pattern
    .filter((token) => typeof token === 'string')
    .reduce((best, token) => (token.length > best.length ? token : best), '');
  return longest === '' ? undefined : { field, kind: 'contains', text: fold(longest) };
}
