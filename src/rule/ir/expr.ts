import type { JsonValue } from '../../shared/json.ts';

/**
 * The one tree every rule language compiles to. Plain two-valued logic over one event: a missing field makes every
 * positive comparison false, and `not` inverts that plain boolean. Immutable data, no functions, so that it can be
 * digested, printed and shared.
 */
export type Expr =
  | { readonly op: 'and'; readonly of: readonly Expr[] }
  | { readonly op: 'or'; readonly of: readonly Expr[] }
  | { readonly op: 'not'; readonly of: Expr }
  | { readonly op: 'constant'; readonly value: boolean }
  | Predicate;

/**
 * Text matched against the whole value: literal runs, `any` (any run, also empty, also over line breaks), `one`
 * (exactly one code point) and `dash` (one of - / U+2013 U+2014 U+2015). Never two literals in a row.
 */
export type TextPattern = readonly PatternToken[];
export type PatternToken = string | { readonly wildcard: 'any' | 'one' | 'dash' };

export type Comparison = 'eq' | 'lt' | 'lte' | 'gt' | 'gte';
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/**
 * One question about one field. An array value answers yes if any element does. `field` is the name as the rule
 * wrote it; `field: null` asks every leaf value of the original record (keywords; text patterns are unanchored there).
 */
export type Predicate =
  | { readonly op: 'text'; readonly field: string | null; readonly pattern: TextPattern; readonly cased: boolean }
  | { readonly op: 'regex'; readonly field: string | null; readonly pattern: string; readonly flags: string }
  | { readonly op: 'number'; readonly field: string | null; readonly compare: Comparison; readonly value: number | bigint }
  | { readonly op: 'boolean'; readonly field: string; readonly value: boolean }
  /** Missing or null. */
  | { readonly op: 'null'; readonly field: string }
  /** Presence only: a null or empty field exists. */
  | { readonly op: 'exists'; readonly field: string }
  /** Present and not null (the Sigma value `*`). */
  | { readonly op: 'present'; readonly field: string }
  | { readonly op: 'cidr'; readonly field: string; readonly network: string }
  | {
      readonly op: 'fieldref';
      readonly field: string;
      readonly other: string;
      readonly how: 'equals' | 'contains' | 'startswith' | 'endswith';
      readonly cased: boolean;
    }
  | { readonly op: 'time'; readonly field: string; readonly part: TimePart; readonly compare: Comparison; readonly value: number }
  | JsonPredicate;

/**
 * Typed comparison as json-rules-engine defines it: no coercion, no folding; see rule/json-rules/operators.ts. With
 * `other` the right side is a second field and `value` is null. `decorators` stand in the order written: the first is
 * applied last (`not:someFact:equal`).
 */
export type JsonPredicate = {
  readonly op: 'json';
  readonly field: string;
  readonly operator: JsonOperator;
  readonly value: JsonValue;
  /** Leads on inside the field's value, where a position of a list is meant. */
  readonly keys?: readonly (string | number)[];
  readonly decorators?: readonly Decorator[];
  readonly other?: { readonly field: string; readonly keys: readonly (string | number)[] };
};

export type Decorator = 'not' | 'someFact' | 'everyFact' | 'someValue' | 'everyValue' | 'swap';

export type JsonOperator =
  | 'equal'
  | 'notEqual'
  | 'in'
  | 'notIn'
  | 'contains'
  | 'doesNotContain'
  | 'lessThan'
  | 'lessThanInclusive'
  | 'greaterThan'
  | 'greaterThanInclusive';
