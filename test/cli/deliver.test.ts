import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { createProgram } from '../../src/cli/program.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { anAlert } from '../support/an-alert.ts';

let folder: string;
let path: string;
let engine: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-deliver-'));
  path = join(folder, 'wardline.db');
  // An engine has the store open all the while: the commands work beside it.
  engine = openStore(path);
  engine.outbox.register(['pager', 'soc']);
  engine.transaction(() => engine.alerts.append([anAlert({ id: 'aa1' }), anAlert({ id: 'ab2' }), anAlert({ id: 'c3' })], ['soc']));
  engine.outbox.delivered('soc', ['aa1']);
  engine.outbox.dead('soc', 'ab2', 'status 422');
});
afterEach(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function wardline(...args: string[]): Promise<{ out: string; code: number | undefined; error: string }> {
  let out = '';
  let error = '';
  let code: number | undefined;
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    environment: {},
    clock: { now: () => 1000, sleep: async () => undefined },
    interactive: false,
    stop: new AbortController().signal,
  };
  const program = createProgram(
    io,
    () => Promise.reject(new Error('no engine here')),
    (given) => {
      code = given;
    },
  );
  await program.parseAsync(['node', 'wardline', 'deliver', ...args, '--store', path]).catch((problem: Error) => {
    error = problem.message;
  });
  return { out, code, error };
}

describe('wardline deliver', () => {
  test('status names every receiver, and says by its exit code that one is not well', async () => {
    const { out, code } = await wardline('status');
    expect(out).toMatch(/pager +ok +0 +0 +0/);
    expect(out).toMatch(/soc +ok +1 +1 +1/);
    expect(code).toBe(1);
    const lines = (await wardline('status', '-o', 'json')).out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ receiver: 'pager' }, { receiver: 'soc', dead: 1 }]);
  });

  test('list shows dead deliveries with their reasons', async () => {
    expect((await wardline('list')).out).toMatch(/soc +ab2 +1 +status 422/);
    expect(JSON.parse((await wardline('list', 'soc', '--state', 'waiting', '-o', 'json')).out)).toMatchObject({ id: 'c3', attempts: 0 });
  });

  test('replay puts the dead back to waiting', async () => {
    expect((await wardline('replay', 'soc', '--dead')).out).toContain('1 delivery is waiting for soc again');
    expect(engine.outbox.counts().get('soc')).toEqual({ waiting: 2, delivered: 1, dead: 0 });
  });

  test('replay takes the starts of ids and times, also for a receiver that never had them', async () => {
    expect((await wardline('replay', 'pager', '--id', 'a', 'c3')).out).toContain('3 deliveries are');
    expect((await wardline('replay', 'pager', '--from', '2026-11-20', '--to', '2026-11-21')).out).toContain('3 deliveries are');
    expect((await wardline('replay', 'pager', '--from', '2026-11-20T08:14:31Z', '--to', '2026-11-20T08:14:32Z')).out).toContain('3 del');
    expect((await wardline('replay', 'pager', '--to', '2026-11-20T08:14:31Z')).out).toContain('0 deliveries are');
  });

  test.each([
    [['replay', 'soc'], 'say which deliveries'],
    [['replay', 'nobody', '--dead'], 'no receiver "nobody" in this store; there are pager, soc'],
    [['replay', 'soc', '--id', 'zz'], 'no alert begins with "zz"'],
    [['replay', 'soc', '--from', 'yesterday'], '--from takes a time such as'],
    [['list', '--limit', '0'], '--limit takes a whole number'],
  ])('%j is refused with what to do', async (args, message) => {
    expect((await wardline(...args)).error).toContain(message);
  });

  test('enable calls a disabled receiver again', async () => {
    engine.outbox.setReceiver('soc', { ...engine.outbox.receiver('soc'), state: 'disabled', reason: 'status 410' });
    expect((await wardline('status')).out).toMatch(/soc +disabled .* status 410/);
    expect((await wardline('enable', 'soc')).out).toContain('soc is called again; 1 deliveries wait');
    expect(engine.outbox.receiver('soc').state).toBe('closed');
  });
});
