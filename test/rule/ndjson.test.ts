import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRuleFiles } from '../../src/rule/files.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';

const load = (text: string, path = 'context/device.ndjson') => loadRules([{ path, text }]);
const RECORD = '{"key":"d1","from":"2026-11-01","data":{"managed":true}}';

test('a store as lines is the same store as a YAML file of it, to the digest', () => {
  const yaml = loadRules([
    {
      path: 'device.yml',
      text: 'kind: Context\nstore: device\nas_of: 2026-11-20\nmax_age: 24h\nrecords:\n  - { key: d1, from: 2026-11-01, data: { managed: true } }\n  - { key: d2, data: { managed: false, n: 3 } }\n',
    },
  ]);
  const lines = load(`{"kind":"Context","as_of":"2026-11-20","max_age":"24h"}\n${RECORD}\r\n\n{"key":"d2","data":{"managed":false,"n":3}}`);
  expect(lines.problems).toEqual([]);
  expect(lines.ruleset.contexts.get('device')).toEqual(yaml.ruleset.contexts.get('device'));
  expect(lines.ruleset.digest).toBe(yaml.ruleset.digest);
});

test.each<[string, string]>([
  [`${RECORD}\n{"key":"d2"`, 'context/device.ndjson:2:1: error context/line: this line is no JSON'],
  [`${RECORD}\n[1]`, 'context/device.ndjson:2:1: error context/line: a line is one record'],
  [`${RECORD}\n{"kind":"Context"}`, 'context/device.ndjson:2:1: error context/line: what is true of all'],
  [`${RECORD}\n\n{"kee":"d2"}`, 'context/device.ndjson:3:1: error'],
  [`${RECORD}\n{"key":"d2","from":"soon"}`, 'context/device.ndjson:2:1: error value/bad-time'],
  ['{"kind":"Context","max_age":"1h"}', 'context/device.ndjson:1:1: error context/records'],
  ['{"__proto__":1,"key":"d1","data":{}}', 'context/device.ndjson:1:1: error'],
])('%j is a problem with its line', (text, wanted) => {
  const found = load(text).problems.map(problemText);
  expect(
    found.some((line) => line.startsWith(wanted)),
    found.join('\n'),
  ).toBe(true);
});

test('in a folder of rules only files that name a store are read; events that lie there are none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-ndjson-'));
  for (const name of ['device.ndjson', 'grant.from-iam.ndjson', 'events.ndjson', 'devices.ndjson'])
    writeFileSync(join(folder, name), RECORD);
  expect(readRuleFiles([folder]).map(({ path }) => path.slice(folder.length + 1))).toEqual(['device.ndjson', 'grant.from-iam.ndjson']);
  rmSync(folder, { recursive: true });
});
