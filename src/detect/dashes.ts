import type { Expr, Predicate, TextPattern } from '../rule/ir/expr.ts';

type TextPredicate = Extract<Predicate, { readonly op: 'text' }>;

/** What the wildcard for a dash stands for. */
export const DASHES: readonly string[] = ['-', '/', '\u2013', '\u2014', '\u2015'];

/** Equal predicates are one object in all groups, and so are the texts they stand for. */
const expanded = new WeakMap<TextPredicate, readonly Expr[]>();

/**
 * The same expression with each pattern that has one dash as any of the texts it stands for: those are longer than what
 * stands around the dash, and are looked for together.
 */
export function withoutDashes(expr: Expr): Expr {
  switch (expr.op) {
    case 'and':
      return { op: 'and', of: expr.of.map(withoutDashes) };
    case 'or':
      return {
        op: 'or',
        of: expr.of.flatMap((member) => {
          const one = withoutDashes(member);
          return one.op === 'or' ? one.of : [one];
        }),
      };
    case 'not':
      return { op: 'not', of: withoutDashes(expr.of) };
    case 'text': {
      const texts = textsOf(expr);
      return texts === undefined ? expr : { op: 'or', of: texts };
    }
    default:
      return expr;
  }
}

function textsOf(predicate: TextPredicate): readonly Expr[] | undefined {
  const known = expanded.get(predicate);
  if (known !== undefined) return known;
  const wildcards = predicate.pattern.filter((token) => typeof token === 'object').map(({ wildcard }) => wildcard);
  if (wildcards.includes('one') || wildcards.filter((wildcard) => wildcard === 'dash').length !== 1) return undefined;
  const texts = DASHES.map((dash): Expr => ({ ...predicate, pattern: joined(predicate.pattern, dash) }));
  expanded.set(predicate, texts);
  return texts;
}

/** With the dash as text: never two literals in a row. */
function joined(pattern: TextPattern, dash: string): TextPattern {
  const out: TextPattern[number][] = [];
  for (const token of pattern) {
    const text = typeof token === 'string' ? token : token.wildcard === 'dash' ? dash : undefined;
    const last = out.at(-1);
    if (text === undefined) out.push(token);
    else if (typeof last === 'string') out[out.length - 1] = last + text;
    else out.push(text);
  }
  return out;
}
