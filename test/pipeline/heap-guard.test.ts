import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runEngine } from '../../src/app.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { createHeapGuard } from '../../src/pipeline/heap-guard.ts';
import { loadRules } from '../../src/rule/load.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { openStore } from '../../src/store/store.ts';
import { standingClock } from '../support/a-run.ts';
import { aRecord } from '../support/an-event.ts';

test('a heap that stays full is told once; garbage that goes again is not', () => {
  const looks = [96, 96, 90, 96, 96, 96, 99];
  const guard = createHeapGuard(() => ({ used: (looks.shift() as number) * 1024 * 1024, limit: 100 * 1024 * 1024 }));
  const said = Array.from({ length: 7 }, guard);
  expect(said.map((text) => text !== undefined)).toEqual([false, false, false, false, false, true, false]);
  expect(said[5]).toContain('96 MiB of 100 MiB');
});

test('a run whose heap is full keeps what it has taken, and ends with a fault', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-heap-'));
  try {
    let taken = false;
    const source = {
      name: 'in',
      async *batches(_positions: unknown, signal: AbortSignal) {
        yield { partition: 0, records: [{ ...aRecord('{"a":1}'), source: 'in', partition: 0, offset: 4n }] };
        taken = true;
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
      },
      async commit() {},
      async close() {},
    };
    const run = runEngine({
      settings: settingsSchema.parse({ sources: [{ kind: 'stdin', name: 'in' }], log: { level: 'silent' } }),
      ruleset: loadRules([]).ruleset,
      inputs: [source],
      baseDir: folder,
      clock: standingClock(Date.UTC(2026, 10, 20)),
      logger: silentLogger,
      write: () => undefined,
      signal: new AbortController().signal,
      heap: () => ({ used: taken ? 96 : 1, limit: 100 }),
    });
    await expect(run).rejects.toThrow('the heap is full');
    const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
    const positions = store.checkpoints.loadNewest().checkpoint?.positions;
    store.close();
    expect(JSON.stringify(positions, (_key, value) => (typeof value === 'bigint' ? String(value) : value))).toContain('5');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
