import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../src/event/event.ts';
import type { NormalizerSettings } from '../../src/normalize/normalizer.ts';
import { isObject, type JsonObject, type JsonValue } from '../../src/shared/json.ts';

/** One line of a log and the whole ECS document it becomes, flat; in test/golden/normalize/formats, one file per format. */
export type GoldenCase = {
  readonly line: string;
  /** Settings of the source, where recognition by content is not what is shown. */
  readonly settings?: Pick<NormalizerSettings, 'format' | 'timezone'>;
  /** `product/service/category` of the log sources. */
  readonly labels: readonly string[];
  readonly ecs: JsonObject;
};

export const goldenFolder = join(import.meta.dirname, '../golden/normalize/formats');

export function goldenFiles(): readonly { readonly format: string; readonly cases: readonly GoldenCase[] }[] {
  return readdirSync(goldenFolder)
    .sort()
    .map((name) => ({
      format: name.replace(/\.json$/, ''),
      cases: JSON.parse(readFileSync(join(goldenFolder, name), 'utf8')) as readonly GoldenCase[],
    }));
}

/** What a case keeps of an event: everything but the text itself, the id made of its place, and provenance other than tags. */
export function goldenOf(event: Event): Pick<GoldenCase, 'labels' | 'ecs'> {
  const { wardline: _wardline, ecs: _ecs, ...document } = event.toEcs();
  const flat: Record<string, JsonValue> = {};
  const walk = (name: string, value: JsonValue): void => {
    if (isObject(value)) for (const [key, inner] of Object.entries(value)) walk(name === '' ? key : `${name}.${key}`, inner);
    else flat[name] = value;
  };
  walk('', document);
  delete flat['event.original'];
  if (/^[0-9a-z]{26,}$/.test(String(flat['event.id']))) delete flat['event.id'];
  if (event.tags.length > 0) flat['wardline.parse.tags'] = event.tags;
  const labels = event.route.labels.map(({ product = '*', service = '*', category = '*' }) => `${product}/${service}/${category}`);
  return { labels, ecs: flat };
}
