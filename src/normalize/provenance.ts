import { createAccessor } from '../event/accessor.ts';
import type { FieldSource } from '../event/field-source.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Format } from './format.ts';

/**
 * Which fields of the original each ECS field of an event was made of, by the format's table: `c-ip`, `computed from status`,
 * `constant`. Fields that the event does not have are left out.
 */
export function provenanceOf({ fields, time }: Pick<Format, 'fields' | 'time'>, document: JsonObject): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [field, source] of [['@timestamp', time] as const, ...Object.entries(fields)]) {
    const value = createAccessor(source)(document);
    const told = value === undefined || value === null ? undefined : originOf(source, document);
    if (told !== undefined) found.set(field, told);
  }
  return found;
}

function originOf(source: FieldSource, document: JsonObject): string | undefined {
  switch (source.kind) {
    case 'path':
      return source.keys.join('.');
    case 'constant':
      return 'constant';
    case 'first-of': {
      const first = source.sources.find((one) => createAccessor(one)(document) !== undefined);
      return first === undefined ? undefined : originOf(first, document);
    }
    case 'compute': {
      const read = new Set(pathsOf(source, document));
      return read.size === 0 ? 'constant' : `computed from ${[...read].join(', ')}`;
    }
  }
}

/** Every path below a source that the document has. */
function pathsOf(source: FieldSource, document: JsonObject): readonly string[] {
  switch (source.kind) {
    case 'path':
      return createAccessor(source)(document) === undefined ? [] : [source.keys.join('.')];
    case 'constant':
      return [];
    case 'first-of': {
      const first = source.sources.find((one) => createAccessor(one)(document) !== undefined);
      return first === undefined ? [] : pathsOf(first, document);
    }
    case 'compute':
      return source.reads.flatMap((read) => pathsOf(read, document));
  }
}
