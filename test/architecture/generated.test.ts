import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { sourcesDigest } from '../../scripts/assemble.ts';
import { REFERENCE_PAGES } from '../../scripts/generate-reference.ts';
import { parseSettings } from '../../src/config/load-settings.ts';
import { SCHEMA_KINDS, schemaText } from '../../src/config/schemas.ts';
import { problemText } from '../../src/rule/problem.ts';

const home = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(home, path), 'utf8');

describe('generated files', () => {
  test.each(SCHEMA_KINDS)('schemas/%s.schema.json is what the code says; npm run schemas writes it', (kind) => {
    expect(read(`schemas/${kind}.schema.json`)).toBe(schemaText(kind));
  });

  test('no schema is left over', () => {
    expect(readdirSync(join(home, 'schemas')).sort()).toEqual(SCHEMA_KINDS.map((kind) => `${kind}.schema.json`).sort());
  });
});

describe('docs/reference', () => {
  test.each(Object.entries(REFERENCE_PAGES))('%s is what the code says; npm run reference writes it', (path, text) => {
    expect(read(path)).toBe(text());
  });

  test('every setting says what it means', () => {
    const silent = Object.values(REFERENCE_PAGES).flatMap((text) =>
      text()
        .split('\n')
        .filter(
          (line) =>
            /^\| `/.test(line) &&
            line.replaceAll('\\|', '').split('|').slice(1, -1).at(-1)?.trim() === '' &&
            line.split(' | ').length === 4,
        ),
    );
    expect(silent).toEqual([]);
  });
});

describe('machine-code.ts', () => {
  test('is made of the sources as they are; npm run assemble writes it', () => {
    expect(read('src/detect/bytes/machine-code.ts')).toContain(sourcesDigest());
  });
});

describe('docker-compose.yml', () => {
  const document = parseDocument(read('docker-compose.yml'), { strict: true, uniqueKeys: true });
  const { services, volumes } = document.toJS() as { services: Record<string, Service>; volumes: Record<string, unknown> };
  type Service = {
    image?: string;
    build?: string;
    command?: string[];
    depends_on?: Record<string, { condition: string }>;
    volumes?: string[];
    environment?: Record<string, unknown>;
    healthcheck?: object;
  };

  test('parses, and has Kafka, Elasticsearch, Wardline and a receiver', () => {
    expect(document.errors).toEqual([]);
    expect(Object.keys(services).sort()).toEqual(['elasticsearch', 'kafka', 'receiver', 'topics', 'wardline']);
  });

  test('every service has an image or is built, and depends only on services that are there', () => {
    for (const [name, service] of Object.entries(services)) {
      expect([name, (service.image === undefined) !== (service.build === undefined)]).toEqual([name, true]);
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(Object.keys(services)).toContain(other);
        if (condition === 'service_healthy') expect(services[other]?.healthcheck).toBeDefined();
      }
    }
  });

  test('images have a fixed version, and named volumes are declared', () => {
    for (const { image, volumes: mounts } of Object.values(services)) {
      if (image !== undefined) expect(image).toMatch(/:\d+\.\d+\.\d+$/);
      for (const mount of mounts ?? []) if (!/^[./]/.test(mount)) expect(Object.keys(volumes)).toContain(mount.split(':')[0]);
    }
  });

  test('the settings it starts Wardline with are valid and use its hosts', () => {
    const { settings, problems } = parseSettings(
      { path: 'deploy/wardline.yaml', text: read('deploy/wardline.yaml') },
      { WARDLINE_WEBHOOK_SECRET: `whsec_${'A'.repeat(44)}` },
    );
    expect(problems.map(problemText)).toEqual([]);
    const hosts = [...read('deploy/wardline.yaml').matchAll(/(?:http:\/\/|")([a-z]+):\d+/g)].map((match) => match[1]);
    for (const host of hosts) expect(Object.keys(services)).toContain(host);
    expect(settings?.sources[0]).toMatchObject({ kind: 'kafka', topics: ['logs'] });
  });
});

describe('documents', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(home, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.startsWith('decisions/'))
      .map((name) => `docs/${name}`)
      .sort(),
  ];

  test('every decision has a number of its own', () => {
    const numbers = readdirSync(join(home, 'docs/decisions')).map((name) => name.slice(0, 4));
    expect(numbers.filter((number, i) => numbers.indexOf(number) !== i)).toEqual([]);
  });

  test.each(pages)('every path that %s names exists', (page) => {
    const paths = [...read(page).matchAll(/`((?:src|rules|schemas|test|bench|docs|scripts|samples|deploy|bin)\/[\w./*<>-]*)`/g)].map(
      (match) => match[1] as string,
    );
    const missing = paths.filter((path) => !/[*<>]/.test(path) && !exists(path));
    expect(missing).toEqual([]);
  });

  test('docs/errors.md lists every problem code the code reports, and no other', () => {
    const codes = new Set(
      sources().flatMap((text) =>
        [
          ...text.matchAll(
            /'((?:yaml|sigma|ref|value|meta|correlation|settings|rule|json-rules|logic|policy|context|exception|filter|pack|profile|anomaly|cases)\/[a-z-]+)'/g,
          ),
        ].map((match) => match[1] as string),
      ),
    );
    const listed = new Set([...read('docs/errors.md').matchAll(/^\| `([a-z-]+\/[a-z-]+)` +\|/gm)].map((match) => match[1] as string));
    expect([...codes].filter((code) => !listed.has(code)).sort()).toEqual([]);
    expect([...listed].filter((code) => !codes.has(code)).sort()).toEqual([]);
  });
});

function exists(path: string): boolean {
  try {
    readdirSync(join(home, path.replace(/\/[^/]*$/, '')));
    return path.endsWith('/') || readdirSync(join(home, path, '..')).includes(path.split('/').at(-1) as string);
  } catch {
    return false;
  }
}

function sources(): string[] {
  return readdirSync(join(home, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`src/${name}`));
}

test('every YAML file of the repository parses without a repeated key', () => {
  const files = readdirSync(join(home, 'rules'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name));
  expect(files.length).toBeGreaterThan(10);
  for (const name of files)
    for (const document of parseAllDocuments(read(`rules/${name}`))) expect([name, document.errors]).toEqual([name, []]);
});
