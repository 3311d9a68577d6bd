import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wardlineIn } from '../support/wardline.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-policy-'));
  writeFileSync(
    join(folder, 'p.yml'),
    'kind: ZeroTrustPolicy\nschema: 1\nid: orders\ntitle: t\nowner: o\nseverity: high\nscope: { wardline.access.resource.service: orders }\nallow: [{ id: shop, when: { user.name: shop } }]\nforbid: [{ id: people, when: { wardline.access.interactive: true } }]\n',
  );
  const access = {
    '@timestamp': '2026-11-21T01:00:00Z',
    ecs: { version: '9.4.0' },
    event: { type: ['allowed'] },
    user: { name: 'shop' },
    wardline: { access: { action: 'invoke', resource: { service: 'orders' } } },
  };
  writeFileSync(join(folder, 'a.ndjson'), `${JSON.stringify(access)}\n{"broken":\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('policy commands over input that is not what it should be', () => {
  test('explain names what is not known of a forbid entry, and counts records that could not be read', async () => {
    const { out, code } = await wardlineIn(folder)('policy', 'explain', 'a.ndjson', '--rules', 'p.yml');
    expect(out).toContain('of which it cannot be told whether it holds: nothing is known of wardline.access.interactive');
    expect(out).toContain('1 accesses explained, 0 events in scope of no policy, 1 records that could not be read');
    expect(code).toBe(1);
  });

  test('explain of an event that is not there is a wrong usage', async () => {
    const { err, code } = await wardlineIn(folder)('policy', 'explain', 'a.ndjson', '--rules', 'p.yml', '--at', '9');
    expect([err.trim(), code]).toEqual(['wardline: --at 9: there are 1 events in a.ndjson', 2]);
  });

  test('learn says how many records it could not read, and which file of subjects is not there', async () => {
    const learn = wardlineIn(folder);
    expect((await learn('policy', 'learn', 'a.ndjson')).err).toContain('1 records that could not be read');
    const { err, code } = await learn('policy', 'learn', 'a.ndjson', '--exclude', 'nobody.txt');
    expect(err).toContain('cannot read the subjects to leave out: ENOENT');
    expect(code).toBe(2);
  });
});
