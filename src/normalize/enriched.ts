import type { Enrichment } from '../event/enrichment.ts';
import type { FieldSource } from '../event/field-source.ts';
import { claimedMs } from './event-time.ts';
import { compute, type Format, firstOf, path } from './format.ts';
import { formats } from './index.ts';

const known = new WeakMap<Enrichment, readonly Format[]>();

/** Every format with the fields that tables add; what an event says itself comes first. Made once per table set. */
export function enrichedFormats(enrichment: Enrichment | undefined): readonly Format[] {
  if (enrichment === undefined) return formats;
  let made = known.get(enrichment);
  if (made === undefined) known.set(enrichment, (made = formats.map((format) => enriched(format, enrichment))));
  return made;
}

function enriched(format: Format, enrichment: Enrichment): Format {
  const sourceOf = (field: string): FieldSource =>
    field === '@timestamp' ? compute([format.time], claimedMs) : (format.fields[field] ?? path(field));
  const { fields, parts } = enrichment.fields(sourceOf);
  const added = Object.entries(fields).map(([field, source]) => [field, firstOf(sourceOf(field), source)] as const);
  return { ...format, fields: { ...format.fields, ...Object.fromEntries(added) }, parts };
}
