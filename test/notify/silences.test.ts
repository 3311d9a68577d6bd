import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { createProgram } from '../../src/cli/program.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import { createNotifying } from '../../src/pipeline/notifying.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aWorld, type World } from '../support/a-run.ts';
import { anAlert } from '../support/an-alert.ts';

const HOUR = 3_600_000;
let world: World;
let path: string;
beforeEach(() => {
  world = aWorld();
  path = join(world.folder, 'wardline.db');
  world.withStore(() => undefined, {});
});
afterEach(() => world.remove());

async function silence(...args: string[]): Promise<{ out: string; err: string; error: string }> {
  let [out, err, error] = ['', '', ''];
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    environment: { WARDLINE_ACTOR: 'alice' },
    clock: world.clock,
    interactive: false,
    stop: new AbortController().signal,
  };
  const program = createProgram(
    io,
    () => Promise.reject(new Error('no engine here')),
    () => undefined,
  );
  await program.parseAsync(['node', 'wardline', 'silence', ...args, '--store', path]).catch((problem: Error) => {
    error = problem.message;
  });
  return { out, err, error };
}
const listed = async (...more: string[]) =>
  (await silence('list', '-o', 'json', ...more)).out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('wardline silence', () => {
  test('keeps what matches from its receivers from the next turn on, over a restart, until it ends; and says how often', async () => {
    const { notify } = settingsSchema.parse({
      sources: [{ kind: 'stdin', name: 'in' }],
      sinks: [{ kind: 'console', name: 'soc' }],
      notify: { route: { receiver: 'soc', groupBy: ['...'], groupWait: '0s', groupInterval: '1m' } },
    });
    if (notify === undefined) throw new Error('no routes');
    await silence('add', 'n="a"', '--duration', '2h', '--comment', 'CHG-1');
    world.withStore((store) => {
      store.transaction(() => store.alerts.append([anAlert({ id: 'a', group: { n: 'a' } }), anAlert({ id: 'b', group: { n: 'b' } })], []));
      expect(createNotifying(store, notify, world.clock).turn()).toBe(1);
    }, {});
    expect(await listed()).toMatchObject([{ matchers: ['n="a"'], owner: 'alice', comment: 'CHG-1', state: 'active', silenced: 1 }]);
    world.clock.set(world.clock.now() + HOUR);
    world.withStore((store) => {
      // Another process: the silence is a record, not memory of the one before.
      const restarted = createNotifying(store, notify, world.clock);
      expect(restarted.turn()).toBe(0);
      world.clock.set(world.clock.now() + 2 * HOUR);
      expect(restarted.turn()).toBe(1);
      expect(store.notifications.log('a', 10).map(({ decision }) => decision)).toEqual(['notified', 'silenced', 'waiting']);
    }, {});
    expect(await listed()).toEqual([]);
    expect(await listed('--expired')).toMatchObject([{ state: 'expired', silenced: 1 }]);
  });

  test('one that is ended is heard no more, and the audit trail has who, when and why, each once', async () => {
    const ruleset = rulesetOf({
      title: 'Seen',
      id: 'seen',
      logsource: { category: 'test' },
      detection: { s: { word: 'seen' }, condition: 's' },
    });
    const id = (await silence('add', 'Seen', 'severity=~"low|medium"', '--author', 'bob', '--comment', 'CHG-2')).out.trim();
    await world.run(ruleset, [], {});
    world.clock.set(world.clock.now() + 60_000);
    expect((await silence('expire', id.slice(0, 6), '--comment', 'done early')).out).toBe(`${id} is over\n`);
    await world.run(ruleset, [], {});
    await world.run(ruleset, [], {});
    const entries = world.withStore((store) => [...store.ledger.entries()]);
    expect(verifyChain(entries).faults).toEqual([]);
    const audits = entries.filter(({ kind }) => kind === 'audit').map(({ body }) => body as Record<string, unknown>);
    expect(audits).toMatchObject([
      { actor: 'bob', action: 'silence.add', object: id, reason: 'CHG-2', before: null },
      { actor: 'alice', action: 'silence.expire', object: id, reason: 'done early' },
    ]);
    expect(audits[1]?.['before']).toBe(audits[0]?.['after']);
    expect((await silence('expire', id)).error).toContain('was over at');
  });

  test('a time without a zone is UTC, whatever the zone of the host', async () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Tokyo';
    try {
      const { out } = await silence('add', 'a=b', '--start', '2026-11-21 06:00', '--end', '2026-11-22', '--comment', 'c', '-o', 'json');
      expect(JSON.parse(out)).toMatchObject({ starts: '2026-11-21T06:00:00.000Z', ends: '2026-11-22T00:00:00.000Z' });
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  test('a first word alone is the name of the alert; one that starts later waits', async () => {
    const { out, err } = await silence('add', 'SSH "brute" force', '--start', '2026-11-21T00:00:00Z', '--comment', 'c', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({
      matchers: ['alertname="SSH \\"brute\\" force"'],
      starts: '2026-11-21T00:00:00.000Z',
      ends: '2026-11-21T01:00:00.000Z',
    });
    expect(err).toContain('no run of this store had routes');
    const [pending] = await listed();
    expect(pending).toMatchObject({ state: 'pending', silenced: 0 });
    await silence('expire', String(pending?.['id']));
    expect(await listed()).toEqual([]);
  });

  test('values without quotes, as a shell leaves them, are whole values', async () => {
    await silence('add', 'alertname=SSH brute force', 'host.name=~db\\d+', 'n = "a b"', '--comment', 'c');
    expect((await listed())[0]).toMatchObject({ matchers: ['alertname="SSH brute force"', 'host.name=~"db\\\\d+"', 'n = "a b"'] });
  });

  test.each<[string[], string]>([
    [['severity!="critical"', '--comment', 'c'], 'without any label'],
    [['a=~".*"', '--comment', 'c'], 'without any label'],
    [['a="b', '--comment', 'c'], '"a="b": not a matcher'],
    [['a=b', 'c', '--comment', 'c'], '"c": not a matcher'],
    [['a=~"(?=x)"', '--comment', 'c'], 'a=~"(?=x)'],
    [['a=b', '--comment', ' '], '--comment'],
    [['a=b', '--comment', 'x'.repeat(4001)], 'at most 4000'],
    [['a=b', '--comment', 'c', '--author', ''], '--author'],
    [['a=b', '--comment', 'c', '--duration', '2y'], '--duration takes'],
    [['a=b', '--comment', 'c', '--end', '2026-11-20'], 'which has passed'],
    [['a=b', '--comment', 'c', '--end', 'tomorrow'], '--end takes a time'],
    [['a=b', '--comment', 'c', '--start', '2026-11-22', '--end', '2026-11-21'], 'ends before it starts'],
    [['a=b', '--comment', 'c', '--end', '2026-11-22', '--duration', '1h'], 'cannot be used with'],
    [['a=b'], '--comment'],
  ])('%j is refused and records nothing', async (args, wanted) => {
    expect((await silence('add', ...args)).error).toContain(wanted);
    expect(await listed('--expired')).toEqual([]);
  });

  test('an id that fits none, or several, ends none', async () => {
    await silence('add', 'a=b', '--comment', 'c');
    await silence('add', 'a=c', '--comment', 'c');
    expect((await silence('expire', 'nothing')).error).toContain('no silence begins');
    expect((await silence('expire', '')).error).toContain('2 silences begin');
    const [first] = await listed();
    expect((await silence('expire', String(first?.['id']), 'nothing')).error).toContain('no silence begins');
    expect(await listed()).toHaveLength(2);
  });
});
