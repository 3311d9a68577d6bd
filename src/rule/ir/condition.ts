import type { JsonObject, JsonValue } from '../../shared/json.ts';
import type { Decorator, JsonOperator } from './expr.ts';

/**
 * A condition tree as json-rules-engine has it, resolved: named conditions and custom operators are expanded, paths are
 * split, facts are told apart. Kept beside the `Expr` for what one event alone cannot answer.
 */
export type Condition =
  | { readonly op: 'all' | 'any'; readonly of: readonly Condition[]; readonly priority?: number }
  | { readonly op: 'not'; readonly of: Condition; readonly priority?: number }
  | ConditionLeaf;

/** `decorators` stand in the order written: the first is applied last (`not:someFact:equal`). */
export type ConditionLeaf = {
  readonly op: 'leaf';
  readonly fact: Fact;
  readonly operator: JsonOperator | AddedOperator;
  readonly decorators: readonly Decorator[];
  /** A constant, or another fact whose value is compared with. */
  readonly value: Fact;
  /** Conditions of a higher one are asked before; where that decides, the others are not asked. */
  readonly priority?: number;
};

/** Operators that Wardline has beside those of json-rules-engine. */
export const ADDED_OPERATORS = ['startsWith', 'endsWith', 'includes', 'equalIgnoringCase', 'matches', 'inNetwork', 'exists'] as const;
export type AddedOperator = (typeof ADDED_OPERATORS)[number];

export const CONTEXT_STORES = ['identity', 'device', 'asset', 'zone', 'service', 'grant', 'revision', 'exception'] as const;
export type ContextStoreName = (typeof CONTEXT_STORES)[number];

/** Keys and positions that lead into a value. */
export type Keys = readonly (string | number)[];

/** Where one side of a comparison comes from. */
export type Fact =
  | { readonly kind: 'constant'; readonly value: JsonValue }
  /** `keys` lead on inside the field's value, where a position of a list is meant. */
  | { readonly kind: 'event'; readonly field: string; readonly keys: Keys }
  /** A fact from outside, asked by fields of the event; `keys` lead into it. */
  | { readonly kind: 'lookup'; readonly name: string; readonly keys: Keys }
  /** A value over a window of events, as the rule has it; its conditions ask one event each. */
  | { readonly kind: 'window'; readonly window: WindowQuestion }
  /** `keys` lead into the record found; `params.of` names the event field that holds the store's key. */
  | { readonly kind: 'context'; readonly store: ContextStoreName; readonly params: JsonObject; readonly keys: Keys };

/** Facts over a window of events (correlation page, section 9). */
export const WINDOW_FACTS = [
  'count',
  'distinct',
  'rate',
  'ratio',
  'sum',
  'avg',
  'median',
  'percentile',
  'firstSeen',
  'absent',
  'together',
  'sequence',
] as const;
export type WindowFactName = (typeof WINDOW_FACTS)[number];

export type WindowQuestion = {
  readonly name: WindowFactName;
  /** Which events it is about: one condition, several steps, or none for the events at which the rule is asked. */
  readonly steps: readonly Condition[];
  readonly groupBy: readonly string[];
  readonly within: bigint;
  readonly fields: readonly string[];
  readonly percentile: number | undefined;
};
