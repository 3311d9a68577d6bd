import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-replay-test-'));
const wardline = wardlineIn(folder);
afterAll(() => rmSync(folder, { recursive: true }));
const event = (n: number, host: string): string =>
  `${JSON.stringify({ '@timestamp': new Date(Date.UTC(2026, 10, 20 + n)).toISOString(), ecs: { version: '9' }, event: { action: 'seen' }, host: { name: host } })}\n`;
const rule = (id: string, more = ''): string =>
  `title: Seen ${id}\nid: ${id}\nlogsource: {category: test}\ndetection: {s: {event.action: seen${more}}, condition: s}\nlevel: high\nwardline: {alert: {dedup: each}}\n`;

beforeAll(() => {
  for (const name of ['rules', 'other']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'rules/seen.yml'), rule('seen'));
  writeFileSync(join(folder, 'other/seen.yml'), rule('seen', ', host.name: one'));
  writeFileSync(join(folder, 'day.ndjson'), [0, 1, 2, 3].map((n) => event(n, n < 2 ? 'one' : 'two')).join(''));
  writeFileSync(
    join(folder, 'wardline.yaml'),
    JSON.stringify({
      logsources: [],
      sources: [{ kind: 'file', name: 'day', path: 'day.ndjson', logsource: { category: 'test' } }],
      sinks: [{ kind: 'console', name: 'out' }],
    }),
  );
  writeFileSync(join(folder, 'expect.yml'), 'expect:\n  - { rule: seen, exactly: 3 }\n  - { rule: lost, at_least: 1 }\nunexpected: fail\n');
});
const input = ['source:day', '-c', 'wardline.yaml'];

describe('wardline replay', () => {
  test('shows what rules would have alerted, summed up, and leaves no store behind', async () => {
    const { code, out } = await wardline('replay', ...input);
    expect(code).toBe(0);
    expect(out).toContain('Seen seen  4');
    expect(out).toMatch(/HOST +ALERTS\none +2\ntwo +2/);
    expect(out).toContain('backtest: 4 records, 4 events, 4 alerts (4 high)');
    expect(() => readFileSync(join(folder, 'wardline.db'))).toThrow();
  });

  test('says what rules could not use, as a run does', async () => {
    const many = `title: Many\nname: many\nlevel: low\ncorrelation: {type: event_count, rules: [seen], group-by: [user.name], timespan: 5m, condition: {gte: 2}}\n`;
    mkdirSync(join(folder, 'losing'));
    writeFileSync(join(folder, 'losing/many.yml'), `${rule('seen')}---\n${many}`);
    const { out } = await wardline('replay', ...input, '--rules', 'losing');
    expect(out).toMatch(/what rules could not use, let go, or estimated:\nRULE +LATE.*\nmany +0 +0 +4/);
    const json = JSON.parse((await wardline('replay', ...input, '--rules', 'losing', '-o', 'json')).out);
    expect(json.losses).toMatchObject([{ rule: 'many', noGroup: 4 }]);
  });

  test('every alert says that it is of a backtest, under an id of its own', async () => {
    const { out } = await wardline('backtest', ...input, '-o', 'ndjson');
    const [first] = out.split('\n').map((line) => JSON.parse(line || 'null'));
    expect(first.tags).toContain('backtest');
    expect(first.wardline.backtest).toMatchObject({ run: expect.stringContaining('backtest-'), alert: expect.any(String) });
    expect(first.event.id).not.toBe(first.wardline.backtest.alert);
  });

  test('looks at the time of events', async () => {
    const { out } = await wardline('replay', ...input, '--since', '2026-11-21', '--until', '2026-11-23T00:00:00Z', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ version: 1, records: 2, alerts: 2, byLevel: { high: 2 } });
  });

  test('begins at an offset, for every partition or each its own', async () => {
    const lines = readFileSync(join(folder, 'day.ndjson'), 'utf8').split('\n');
    const third = (lines[0]?.length ?? 0) + (lines[1]?.length ?? 0) + 2;
    for (const from of [String(third), `0:${third}`, `7:1,0:${third}`])
      expect(JSON.parse((await wardline('replay', ...input, '--from-offset', from, '-o', 'json')).out)).toMatchObject({
        records: 2,
        alerts: 2,
      });
    expect(JSON.parse((await wardline('replay', ...input, '--from-offset', '7:1', '-o', 'json')).out)).toMatchObject({ records: 4 });
    expect(await wardline('replay', ...input, '--from-offset', '1,2')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--from-offset takes an offset'),
    });
  });

  test('goes as fast as it happened, or so many times as fast, and prints alerts as they open', async () => {
    const waits: number[] = [];
    let now = 0;
    const clock = {
      now: () => now,
      sleep: async (ms: number) => {
        // Turns of the engine itself are short; the days between the events are not.
        if (ms > 60_000) {
          waits.push(ms);
          now += ms;
        } else await new Promise((done) => setImmediate(done));
      },
    };
    const { code, out } = await wardlineIn(folder, { clock })('replay', ...input, '--speed', '24');
    expect({ code, waits }).toEqual({ code: 0, waits: [3_600_000, 3_600_000, 3_600_000] });
    expect(out.match(/Seen seen {2}/g)?.length).toBeGreaterThan(4);
    expect(await wardline('replay', ...input, '--speed', 'fast')).toMatchObject({ code: 2, err: expect.stringContaining('--speed takes') });
  });

  test('reads dead letters again as the settings are now', async () => {
    const store = openStore(join(folder, 'letters.db'));
    const record = (offset: bigint, text: string) => ({
      source: 'day',
      partition: 0,
      offset,
      appendedAt: Date.UTC(2026, 10, 20),
      headers: new Map(),
      bytes: Buffer.from(text),
    });
    const letter = (offset: bigint, text: string) => ({
      record: record(offset, text),
      reason: 'invalid-json' as const,
      detail: 'x',
      at: undefined,
    });
    store.transaction(() =>
      store.deadLetters.append([letter(5n, event(0, 'one')), letter(9n, '{'), letter(7n, `"${'x'.repeat(70_000)}"`)]),
    );
    store.close();
    const { code, out, err } = await wardline('replay', '--dead-letters', 'letters.db', '-c', 'wardline.yaml', '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('1 records are left out: larger than what is kept') });
    expect(JSON.parse(out)).toMatchObject({ records: 2, events: 1, alerts: 1, deadLetters: 1 });
    expect(await wardline('replay', '--dead-letters', 'none.db')).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no store none.db'),
    });
    expect(await wardline('replay')).toMatchObject({ code: 2, err: expect.stringContaining('name an input, or give --dead-letters') });
  });

  test('holds two rulesets against each other', async () => {
    const { out } = await wardline('replay', ...input, '--compare', 'other', '-o', 'json');
    const { comparison } = JSON.parse(out);
    expect(comparison).toMatchObject({ both: 2, onlyHere: { length: 2 }, onlyCompared: { length: 0 } });
  });

  test('exits 1 when what was expected did not come', async () => {
    const { code, out } = await wardline('replay', ...input, '--expect', 'expect.yml');
    expect(code).toBe(1);
    expect(out).toContain('UNMET  expected exactly 3 alerts of "seen", got 4');
    expect(out).toContain('UNMET  there is no rule "lost"');
    expect(await wardline('replay', ...input, '--expect', 'gone.yml')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^wardline: cannot read gone\.yml: ENOENT/),
    });
    expect((await wardline('replay', ...input, '--expect', 'expect.yml', '-o', 'junit')).out).toContain('tests="2" failures="2"');
  });

  test('tells a sink only when it is named', async () => {
    let calls = 0;
    const server = createServer((request, response) => {
      calls++;
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const settings = {
      sources: [{ kind: 'file', name: 'day', path: 'day.ndjson', logsource: { category: 'test' } }],
      sinks: [{ kind: 'webhook', name: 'soc', url, insecure: true, allowPrivate: true }],
    };
    writeFileSync(join(folder, 'hook.yaml'), JSON.stringify(settings));
    await wardline('replay', 'source:day', '-c', 'hook.yaml');
    expect(calls).toBe(0);
    expect(await wardline('replay', 'source:day', '-c', 'hook.yaml', '--to', 'soc')).toMatchObject({ code: 0 });
    expect(calls).toBeGreaterThanOrEqual(4);
    server.close();
  });

  test.each([
    [['nowhere.log'], 'there is no file nowhere.log'],
    [['source:night', '-c', 'wardline.yaml'], 'the settings have no source "night"'],
    [['amqp://user:password@host/x'], '"amqp://host/x" is no input'],
    [['day.ndjson', '--since', 'yesterday'], '--since takes a time'],
    [['day.ndjson', '--to', 'soc'], '--to names a sink of the settings'],
  ])('%j: says what is wrong', async (args, message) => {
    const { code, err } = await wardline('replay', ...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
  });
});
