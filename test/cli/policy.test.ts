import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { policyExplain } from '../../src/cli/policy/explain.ts';
import { policyLearn } from '../../src/cli/policy/learn.ts';
import { policyReplay } from '../../src/cli/policy/replay.ts';
import { loadRules } from '../../src/rule/load.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { openStore } from '../../src/store/store.ts';

const home = mkdtempSync(join(tmpdir(), 'wardline-policy-'));
afterAll(() => rmSync(home, { recursive: true }));
const file = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

const policy = `kind: ZeroTrustPolicy
schema: 1
id: pay
title: Payments
scope: {wardline.access.resource.service: payments}
allow:
  - {id: api, when: {user.name: api, wardline.access.action: connect}, require: {mtls: true}}
  - {id: dba, when: {user.name: dba}, require: {mfa: phishing-resistant, via: pam}}
`;
const rules = file('pay.yml', policy);
const access = (user: string, more: object = {}, day = 1, type = 'allowed') =>
  JSON.stringify({
    '@timestamp': `2026-11-0${day}T10:00:00Z`,
    ecs: { version: '9.4.0' },
    event: { type: [type] },
    user: { name: user },
    wardline: { access: { action: 'connect', resource: { service: 'payments' }, ...more } },
  });

async function run(command: (io: Io) => Promise<number>): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    environment: {},
    clock: systemClock,
    interactive: false,
    stop: new AbortController().signal,
  };
  return { code: await command(io), out, err };
}

describe('policy explain', () => {
  test('names the entry that allowed, and what its loss would change', async () => {
    const events = file('a.ndjson', access('api', { mtls: true }));
    const { code, out } = await run((io) => policyExplain(events, { rules: [rules], limit: '20', output: 'table' }, io));
    expect(code).toBe(0);
    expect(out).toContain('conform: entry api of policy pay allows it');
    expect(out).toContain('pay / api: mtls is not true; not: user.name: wanted api; not: wardline.access.action: wanted connect');
  });

  test('names the check that failed, and the fewest changes first', async () => {
    const events = file('b.ndjson', access('api', { mtls: false }));
    const { code, out } = await run((io) => policyExplain(events, { rules: [rules], limit: '20', output: 'table' }, io));
    expect(code).toBe(1);
    expect(out).toContain('violation: deny (ZT-09), policy pay, nearest entry api\n    mtls: wanted true, got false');
    expect(out.indexOf('pay / api: mtls: wanted true, got false')).toBeLessThan(out.indexOf('pay / dba: user.name: wanted dba, got "api"'));
  });

  test('as JSON, with what is missing; an access that was refused is prevented', async () => {
    const events = file('c.ndjson', access('dba', { via: 'pam' }, 1, 'denied'));
    const { code, out } = await run((io) => policyExplain(events, { rules: [rules], limit: '20', output: 'json' }, io));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'prevented', verdict: 'missing', missing: ['mfa'], entry: 'dba', letThrough: false });
  });
});

test('policy replay counts outcomes, unused entries, and what another version changes', async () => {
  const events = file(
    'd.ndjson',
    [access('api', { mtls: true }), access('api', { mtls: false }), access('eve', {}, 1, 'denied'), access('eve')].join('\n'),
  );
  const next = file('next.yml', policy.replace('require: {mtls: true}', 'require: {}'));
  const { code, out } = await run((io) => policyReplay([events], { rules: [rules], compare: [next], output: 'json' }, io));
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    policies: { pay: { conform: 1, violation: 2, prevented: 1 } },
    unused: ['pay / dba'],
    comparison: { accesses: 4, allowed: 1, denied: 0 },
  });
});

describe('policy learn', () => {
  const days = [1, 2, 3].flatMap((day) => [
    access('api', { mtls: true }, day),
    access('eve', { mtls: true }, day),
    access('bob', { mtls: true }, 1, 'denied'),
  ]);
  const learn = (events: string, more: object = {}) =>
    run((io) => policyLearn([events], { minDays: '3', minAccesses: '3', out: join(home, 'out.yml'), ...more }, io));

  test('proposes who was seen on enough days, with the checks that always held, and leaves out the rest', async () => {
    const events = file('e.ndjson', [...days, access('once', { mtls: true })].join('\n'));
    const { code, err } = await learn(events, { exclude: file('exclude.txt', 'eve\n') });
    expect(code).toBe(0);
    expect(err).toContain('left out: 3 refused, 3 of excluded subjects, 1 too rare');
    const text = readFileSync(join(home, 'out.yml'), 'utf8');
    expect(text).toContain('connect-name: 3 accesses on 3 days by 1 subjects');
    expect(text).toContain('mtls: true');
    expect(text).not.toContain('- eve');
    // The engine refuses what nobody reviewed; reviewed, it allows what it was learned from.
    expect(loadRules([{ path: 'out.yml', text }]).problems.map(({ code: one }) => one)).toContain('policy/proposed');
    const reviewed = file('reviewed.yml', text.replace('mode: proposed', 'mode: alert'));
    const judged = await run((io) =>
      policyReplay([file('f.ndjson', access('api', { mtls: true }, 4))], { rules: [reviewed], output: 'json' }, io),
    );
    expect(judged.code).toBe(0);
  });

  test('subjects of open alerts are left out', async () => {
    const path = join(home, 'alerts.db');
    const store = openStore(path);
    const document = {
      event: { id: 'a' },
      user: { name: 'eve' },
      wardline: { alert: { id: 'a', stage: 'opened', status: 'open', severity: 'high' } },
    };
    store.alerts.append([{ id: 'a', document }], []);
    store.close();
    const { err } = await learn(file('h.ndjson', days.join('\n')), { store: path });
    expect(err).toContain('3 of excluded subjects');
    expect(readFileSync(join(home, 'out.yml'), 'utf8')).not.toContain('- eve');
  });

  test('most of a known group becomes the group', async () => {
    const people = ['a', 'b', 'c', 'd', 'e'];
    const store = { kind: 'Context', store: 'identity', records: people.map((key) => ({ key, data: { groups: ['team'] } })) };
    const seen = [1, 2, 3].flatMap((day) => people.slice(0, 4).map((user) => access(user, {}, day)));
    await learn(file('g.ndjson', seen.join('\n')), { rules: [file('people.json', JSON.stringify(store))] });
    expect(readFileSync(join(home, 'out.yml'), 'utf8')).toMatch(/group:\n\s+- team/);
  });
});
