import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Top to bottom; a folder imports itself and the tiers above it, never a neighbour of its own tier. */
const tiers = [
  ['shared'],
  ['event'],
  ['decode', 'rule', 'state'],
  ['normalize', 'enrich'],
  ['detect'],
  ['correlate'],
  ['alert'],
  ['notify', 'evidence'],
  ['report'],
  ['transport'],
  ['source', 'sink', 'store', 'telemetry'],
  ['lookup'],
  ['config'],
  ['pipeline'],
  ['explain'],
  ['cases'],
  ['admin'],
  ['cli'],
];

/** Outside packages that only these folders may import. */
const owners: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['source', 'transport', 'store'],
  nodemailer: ['sink'],
  'net-snmp': ['sink', 'source'],
  '@elastic/elasticsearch': ['sink', 'source'],
  'node:sqlite': ['store'],
  'json-rules-engine': ['detect'],
  re2js: ['shared'],
  'mmdb-lib': ['enrich'],
  '@rgrove/parse-xml': ['decode'],
  pino: ['telemetry'],
  croner: ['report'],
  '@opentelemetry': ['telemetry'],
  hono: ['source', 'admin'],
  yaml: ['rule', 'config', 'cli'],
};

const root = resolve(import.meta.dirname, '../../src');

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1] ?? '');
}

const folderOf = (path: string): string => relative(root, path).split('/')[0] ?? '';
const tierOf = (folder: string): number => tiers.findIndex((names) => names.includes(folder));

function violations(path: string): string[] {
  const folder = folderOf(path);
  const atTop = folder.endsWith('.ts');
  if (!atTop && tierOf(folder) < 0) return [`${folder} has no tier`];
  const found: string[] = [];
  for (const name of importsOf(path)) {
    const owner = Object.keys(owners).find((pkg) => name === pkg || name.startsWith(`${pkg}/`));
    if (owner !== undefined && !atTop && !owners[owner]?.includes(folder)) found.push(`imports ${name}`);
    if (!name.startsWith('.') || atTop) continue;
    const target = folderOf(resolve(dirname(path), name));
    if (target.endsWith('.ts')) found.push(`imports ${target}, which nobody may import`);
    else if (target !== folder && tierOf(target) >= tierOf(folder)) found.push(`imports ${target}, which is not above ${folder}`);
  }
  return found.map((what) => `${relative(root, path)}: ${what}`);
}

test('every folder imports only itself and the tiers above it, and outside packages have owners', () => {
  expect(filesBelow(root).flatMap(violations)).toEqual([]);
});

test('the rule has teeth: an import of a lower tier is reported', () => {
  expect(tierOf('shared')).toBeLessThan(tierOf('event'));
  expect(tierOf('nowhere')).toBe(-1);
});
