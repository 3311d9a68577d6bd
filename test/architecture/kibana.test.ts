import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { kibanaObjects, kibanaText } from '../../scripts/generate-kibana.ts';
import { isObject, type JsonObject } from '../../src/shared/json.ts';
import { alertTemplate } from '../../src/sink/elasticsearch-template.ts';

test('deploy/kibana/wardline.ndjson is what the generator says; node scripts/generate-kibana.ts writes it', () => {
  expect(readFileSync(join(resolve(import.meta.dirname, '../..'), 'deploy/kibana/wardline.ndjson'), 'utf8')).toBe(kibanaText());
});

test('every reference of a saved object is to one that is there, and every panel has one', () => {
  const objects = kibanaObjects();
  const known = new Set(objects.map(({ type, id }) => `${type} ${id}`));
  expect(known.size).toBe(objects.length);
  for (const { references } of objects) for (const { type, id } of references) expect([...known]).toContain(`${type} ${id}`);
  const dashboard = objects.find(({ type }) => type === 'dashboard');
  const panels = JSON.parse(String(dashboard?.attributes['panelsJSON'])) as { panelIndex: string; panelRefName: string; gridData: Grid }[];
  expect(panels.map(({ panelIndex, panelRefName }) => `${panelIndex}:${panelRefName}`)).toEqual(
    dashboard?.references.map(({ name }) => name),
  );
  type Grid = { x: number; y: number; w: number; h: number };
  const overlap = (a: Grid, b: Grid): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
  const grids = panels.map(({ gridData }) => gridData);
  for (const [i, a] of grids.entries()) for (const b of grids.slice(i + 1)) expect(overlap(a, b)).toBe(false);
});

test('every field they use is in the index template', () => {
  const template = alertTemplate('x') as { template: { mappings: JsonObject } };
  const mapped = (path: string): boolean => {
    let node: JsonObject | undefined = template.template.mappings;
    for (const key of path.split('.')) {
      const properties: unknown = node?.['properties'];
      const next: unknown = isObject(properties) ? properties[key] : undefined;
      if (!isObject(next)) return false;
      node = next;
    }
    return node?.['type'] !== undefined;
  };
  const fields = kibanaObjects().flatMap(({ attributes }) => {
    const state =
      attributes['visState'] === undefined
        ? []
        : (JSON.parse(String(attributes['visState'])) as { aggs: { params: { field: string } }[] }).aggs.map(({ params }) => params.field);
    const meta = (attributes['kibanaSavedObjectMeta'] ?? {}) as { searchSourceJSON?: string };
    const query = String((JSON.parse(meta.searchSourceJSON ?? '{}') as { query?: { query: string } }).query?.query ?? '');
    return [
      ...state,
      ...((attributes['columns'] ?? []) as string[]),
      ...[...query.matchAll(/([a-z_.@]+) :/g)].map(([, name]) => name ?? ''),
    ];
  });
  expect(fields.length).toBeGreaterThan(20);
  expect(fields.filter((field) => !mapped(field))).toEqual([]);
});
