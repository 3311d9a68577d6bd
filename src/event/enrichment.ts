import type { FieldSource } from './field-source.ts';

/** `fields` are in the document; `parts` are what rules may ask of those that hold lists of objects. */
export type EnrichedFields = {
  readonly fields: Readonly<Record<string, FieldSource>>;
  readonly parts: Readonly<Record<string, FieldSource>>;
};

/**
 * Fields that tables add to those of a format: immutable, named by the digest of everything they were made of. Like the
 * fields of a format they are only computed for an event when a rule or the ECS document asks.
 */
export type Enrichment = {
  /** SHA-256 over the tables and what they are used for. */
  readonly digest: string;
  /** ECS and `wardline.*` fields by dotted name; `sourceOf` says where a format has a field. A field that is there wins. */
  fields(sourceOf: (field: string) => FieldSource): EnrichedFields;
};
