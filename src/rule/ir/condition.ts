import type { JsonObject, JsonValue } from '../../shared/json.ts';
import type { JsonOperator } from './expr.ts';

/**
 * A condition tree as json-rules-engine has it, resolved: named conditions are expanded, paths are split, facts are
 * told apart. Kept beside the `Expr` for what one event alone cannot answer (context stores) or `Expr` cannot say.
 */
export type Condition =
  | { readonly op: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | ConditionLeaf;

/** `decorators` stand in the order written: the first is applied last (`not:someFact:equal`). */
export type ConditionLeaf = {
  readonly op: 'leaf';
  readonly fact: Fact;
  readonly operator: JsonOperator;
  readonly decorators: readonly Decorator[];
  /** A constant, or another fact whose value is compared with. */
  readonly value: { readonly kind: 'constant'; readonly value: JsonValue } | Fact;
};

export type Decorator = 'not' | 'someFact' | 'everyFact' | 'someValue' | 'everyValue' | 'swap';

export const CONTEXT_STORES = ['identity', 'device', 'asset', 'zone', 'service', 'grant', 'revision', 'exception'] as const;
export type ContextStoreName = (typeof CONTEXT_STORES)[number];

/** Where the left side of a comparison comes from. */
export type Fact =
  | { readonly kind: 'event'; readonly field: string }
  /** `keys` lead into the record found; `params.of` names the event field that holds the store's key. */
  | {
      readonly kind: 'context';
      readonly store: ContextStoreName;
      readonly params: JsonObject;
      readonly keys: readonly (string | number)[];
    };
