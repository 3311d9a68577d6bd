import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-coverage-'));
const wardline = wardlineIn(folder);
afterAll(() => rmSync(folder, { recursive: true }));
const rule = (id: string, logsource: string, tags: string) =>
  `title: Title ${id}\nid: ${id}\nlogsource: {${logsource}}\ndetection: {s: {a: b}, condition: s}\ntags: [${tags}]\n`;

beforeAll(() => {
  mkdirSync(join(folder, 'rules'));
  writeFileSync(
    join(folder, 'rules/a.yml'),
    rule('one', 'product: aws, service: cloudtrail', 'attack.credential-access, attack.t1110.001'),
  );
  writeFileSync(
    join(folder, 'rules/b.yml'),
    rule('two', 'product: okta, service: okta', 'attack.credential-access, attack.t1110.001, attack.t1078'),
  );
  writeFileSync(join(folder, 'rules/c.yml'), rule('three', 'product: abacus', ''));
  writeFileSync(
    join(folder, 'wardline.yaml'),
    JSON.stringify({
      sources: [
        { kind: 'file', name: 'trail', path: 'x', format: 'aws.cloudtrail' },
        { kind: 'file', name: 'web', path: 'y', format: 'nginx.access' },
      ],
    }),
  );
});

test('a layer has every technique with its rules, in the form 4.5 of the Navigator', async () => {
  const { code, out } = await wardline('coverage', '--navigator', 'layer.json');
  expect(code).toBe(0);
  expect(out).toContain('2 techniques are looked for by 3 rules that alert; 1 name no technique');
  const layer = JSON.parse(readFileSync(join(folder, 'layer.json'), 'utf8'));
  expect(layer).toMatchObject({ versions: { layer: '4.5' }, domain: 'enterprise-attack', gradient: { minValue: 0, maxValue: 2 } });
  expect(layer.techniques).toMatchObject([
    { techniqueID: 'T1078', score: 1, comment: 'Title two' },
    { techniqueID: 'T1110.001', score: 2, comment: 'Title one\nTitle two', showSubtechniques: true },
  ]);
});

test('names sources that no rule reads, and rules that no source feeds', async () => {
  const found = JSON.parse((await wardline('coverage', '-c', 'wardline.yaml', '-o', 'json')).out);
  expect(found).toMatchObject({ version: 1, sourcesWithoutRules: ['web'], rulesWithoutData: [{ id: 'two' }, { id: 'three' }] });
  expect((await wardline('coverage')).out).toContain('no format gives product abacus: three can never fire');
});

test('tells what was gained and lost since an earlier layer', async () => {
  const earlier = {
    name: 'x',
    versions: { layer: '4.5' },
    domain: 'enterprise-attack',
    techniques: [
      { techniqueID: 'T1078', score: 1 },
      { techniqueID: 'T1003', score: 2 },
    ],
  };
  writeFileSync(join(folder, 'earlier.json'), JSON.stringify(earlier));
  const { out } = await wardline('coverage', '--compare', 'earlier.json');
  expect(out).toContain('gained: T1110.001\nlost: T1003\n');
  expect(await wardline('coverage', '--compare', 'wardline.yaml')).toMatchObject({ code: 2, err: expect.stringContaining('is no layer') });
});
