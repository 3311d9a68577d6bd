import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sourceSettings } from '../../src/source/settings.ts';

type Node = {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly const?: string;
  readonly default?: unknown;
};

const page = readFileSync(resolve(import.meta.dirname, '../../docs/sources.md'), 'utf8');
const schema = z.toJSONSchema(sourceSettings, { unrepresentable: 'any', io: 'input' }) as unknown as Node;
const kinds = schema.oneOf ?? schema.anyOf ?? [];

/** `setting | default` of every setting, as the page writes them. */
function settingsOf({ properties = {}, required = [] }: Node, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    if (key === 'kind' && prefix === '') return [];
    const standard = typeof node.default === 'string' ? node.default : JSON.stringify(node.default);
    const shown = required.includes(key) ? '_required_' : standard === undefined ? '' : `\`${standard}\``;
    return [`${prefix}${key} | ${shown}`, ...settingsOf(node.properties === undefined ? (node.items ?? {}) : node, `${prefix}${key}.`)];
  });
}

/** The rows of a section of the page in the same form. */
function rowsOf(heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([\w.]+)` *\| (.*?) *\|/gm)].map(([, name, standard]) => `${name} | ${standard}`);
}

describe('docs/sources.md', () => {
  test.each(kinds.map((kind) => [kind.properties?.['kind']?.const ?? '', kind] as const))(
    'lists every setting of %s with its default, and no other',
    (name, kind) => {
      const common = rowsOf('Every source');
      expect(common.length).toBeGreaterThan(3);
      expect([...common, ...rowsOf(`\`${name}\``)].sort()).toEqual(settingsOf(kind).sort());
    },
  );

  test('lists every reason of a dead letter, and no other', () => {
    const source = readFileSync(resolve(import.meta.dirname, '../../src/event/dead-letter.ts'), 'utf8');
    const reasons = [...(source.split('export type DeadLetter =')[0] ?? '').matchAll(/\| '([a-z0-9-]+)'/g)].map(([, reason]) => reason);
    expect(rowsOfReasons().sort()).toEqual(reasons.sort());
  });
});

const rowsOfReasons = (): string[] =>
  [...(page.split('## Records that cannot be read')[1] ?? '').matchAll(/^\| `([a-z0-9-]+)` *\|/gm)].map(([, reason]) => reason ?? '');
