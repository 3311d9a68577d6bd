import type { JsonValue } from '../shared/json.ts';

/**
 * Where a field's value comes from in a decoded document. Data, not code, so that the same table serves look-ups on
 * parsed objects, look-ups on bytes and the full ECS document. A path through an array yields every element's value.
 */
export type FieldSource =
  | { readonly kind: 'path'; readonly keys: readonly string[] }
  | { readonly kind: 'first-of'; readonly sources: readonly FieldSource[] }
  | { readonly kind: 'constant'; readonly value: JsonValue }
  | {
      readonly kind: 'compute';
      readonly reads: readonly FieldSource[];
      /** Pure; `undefined` means the field is missing. */
      readonly apply: (values: readonly (JsonValue | undefined)[]) => JsonValue | undefined;
    };

/** Reads one field from a decoded document; `undefined` = missing, `null` = present and null. */
export type Accessor = (document: JsonValue) => JsonValue | undefined;
