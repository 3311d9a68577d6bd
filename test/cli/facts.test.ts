import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runEngine } from '../../src/app.ts';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';
import { systemClock } from '../../src/shared/clock.ts';

const home = mkdtempSync(join(tmpdir(), 'wardline-facts-'));
afterAll(() => rmSync(home, { recursive: true }));
const file = (name: string, text: string): void => writeFileSync(join(home, name), text);

test('a rule with a fact from outside alerts by the answer, and the alert holds it', async () => {
  file('facts.yml', 'kind: Facts\nfacts:\n  risk: { lookup: { of: [user.name], cache: 1m } }\n');
  file(
    'rule.json',
    JSON.stringify({
      id: 'risky',
      title: 'Sign-in of a risky user',
      conditions: {
        all: [
          { fact: 'event.action', operator: 'equal', value: 'login' },
          { fact: 'risk', path: '$.score', operator: 'greaterThan', value: 50 },
        ],
      },
      event: { type: 'risky' },
    }),
  );
  file('risk.json', JSON.stringify({ eve: { score: 90 }, bob: { score: 10 } }));
  const event = (user: string) =>
    JSON.stringify({ '@timestamp': '2026-11-20T08:00:00Z', ecs: { version: '9.4.0' }, event: { action: 'login' }, user: { name: user } });
  file('events.ndjson', ['eve', 'bob', 'nobody'].map(event).join('\n'));
  const settings = `rules: [rule.json, facts.yml]
sources: [{ kind: file, name: in, path: events.ndjson }]
sinks: []
facts: [{ kind: file, name: risk, path: risk.json }]
log: { level: error }
`;
  file('wardline.yaml', settings);
  let out = '';
  const io: Io = {
    out: (text) => void (out += text),
    err: () => undefined,
    environment: {},
    clock: systemClock,
    interactive: false,
    stop: new AbortController().signal,
  };
  let summary: Awaited<ReturnType<typeof runEngine>> | undefined;
  await run(
    { config: join(home, 'wardline.yaml'), once: true, output: 'json' },
    io,
    async (options) => (summary = await runEngine(options)),
  );
  expect(JSON.parse(out)).toMatchObject({ events: 3, alerts: 1 });
  expect(summary?.opened[0]?.document).toMatchObject({
    user: { name: 'eve' },
    wardline: { facts: { risk: { score: 90 } }, event: { type: 'risky' } },
  });
});
