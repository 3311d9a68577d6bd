import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runEngine } from '../../src/app.ts';
import { createProgram } from '../../src/cli/program.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { createReplay } from '../../src/pipeline/replay.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { createSchemaRegistry } from '../../src/source/schema-registry.ts';
import { openStore } from '../../src/store/store.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { startRegistry } from '../support/schema-registry.ts';
import { hurriedClock } from '../support/step-clock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-replay-'));
  path = join(folder, 'wardline.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rule = {
  title: 'a bad user',
  id: '11111111-0000-4000-8000-000000000001',
  logsource: { category: 'test' },
  level: 'high',
  detection: { s: { user: 'mallory' }, condition: 's' },
};
const letter = (record: Partial<RawRecord>, reason: 'unknown-schema' | 'too-large' | 'invalid-json' = 'unknown-schema') => ({
  record: {
    source: 'k',
    partition: 0,
    offset: 7n,
    appendedAt: Date.UTC(2026, 10, 20, 8),
    bytes: new Uint8Array(),
    headers: new Map<string, string>(),
    ...record,
  },
  reason,
  detail: 'd',
  at: undefined,
});
const avro = (id: number): Uint8Array => Buffer.concat([Buffer.of(0, 0, 0, 0, id), Buffer.of(14), Buffer.from('mallory')]);

/** Runs the engine over an empty file beside the sources that the dead letters are of. */
async function runOnce(sources: readonly object[]) {
  writeFileSync(join(folder, 'empty.log'), '');
  const settings = settingsSchema.parse({
    sources: [{ kind: 'file', name: 'f', path: join(folder, 'empty.log'), logsource: { category: 'test' } }, ...sources],
    state: { path },
  });
  return runEngine({
    settings,
    ruleset: rulesetOf(rule),
    baseDir: folder,
    clock: hurriedClock,
    logger: silentLogger,
    write: () => {},
    signal: new AbortController().signal,
  });
}

async function cli(...args: string[]): Promise<string> {
  let out = '';
  const io = {
    out: (text: string) => void (out += text),
    err: () => {},
    environment: {},
    clock: hurriedClock,
    interactive: false,
    stop: new AbortController().signal,
  };
  await createProgram(io as never, runEngine, () => {}).parseAsync(['node', 'wardline', ...args]);
  return out;
}

function keep(...letters: ReturnType<typeof letter>[]): void {
  const store = openStore(path);
  store.transaction(() => store.deadLetters.append(letters));
  store.close();
}
function left(): readonly string[] {
  const store = openStore(path, { readOnly: true });
  const found = store.deadLetters.all().map(({ record, reason }) => `${record.source}/${record.offset} ${reason}`);
  store.close();
  return found;
}

describe('replay of dead letters', () => {
  test('what can be read now becomes events and alerts, once, and is a dead letter no more', async () => {
    keep(
      letter({ source: 'f', offset: 0n, bytes: Buffer.from('{"user": "mallory"}') }, 'invalid-json'),
      letter({ source: 'f', offset: 20n, bytes: Buffer.from('{"user": ') }, 'invalid-json'),
    );
    expect(JSON.parse(await cli('dead-letters', 'replay', '--store', path, '-o', 'json'))).toEqual({ requested: 2, partial: 0 });
    const first = await runOnce([]);
    expect(first.alerts).toBe(1);
    expect(left()).toEqual(['f/20 invalid-json']);
    // Not asked for again, so not read again.
    expect((await runOnce([])).alerts).toBe(0);
    const store = openStore(path, { readOnly: true });
    expect(store.deadLetters.requested(10)).toEqual([]);
    expect([...store.ledger.entries()].filter((entry) => JSON.stringify(entry).includes('dead-letter.replay'))).toHaveLength(2);
    store.close();
  });

  test('only those asked for are read; what is kept in part is counted, and a source that is gone keeps its own', async () => {
    keep(
      letter({ source: 'f', offset: 1n, bytes: Buffer.from('{"user": "mallory"}') }, 'invalid-json'),
      letter({ source: 'f', offset: 2n, bytes: Buffer.alloc(70_000, 0x20) }, 'too-large'),
      letter({ source: 'gone', offset: 3n, bytes: Buffer.from('{"user": "mallory"}') }, 'invalid-json'),
    );
    expect(await cli('dead-letters', 'replay', '--store', path, '--reason', 'too-large')).toMatch(
      /^0 records are read again .*\n1 cannot be/,
    );
    expect(await cli('dead-letters', 'replay', '--store', path, '--source', 'gone')).toMatch(/^1 record is read again/);
    expect((await runOnce([])).alerts).toBe(0);
    expect(left()).toEqual(['f/1 invalid-json', 'f/2 too-large', 'gone/3 invalid-json']);
    expect(await cli('dead-letters', '--store', path)).toContain('3 dead letters');
  });
});

test('a record whose schema the registry did not have is given it; while the registry fails it stays requested', async () => {
  const registry = await startRegistry({ 5: { schema: '{"type":"record","name":"U","fields":[{"name":"user","type":"string"}]}' } });
  const client = createSchemaRegistry({ url: registry.url }, { source: 'k', clock: hurriedClock, logger: silentLogger });
  const store = openStore(path);
  store.transaction(() => store.deadLetters.append([letter({ bytes: avro(5) })]));
  store.deadLetters.request({});
  const read: unknown[] = [];
  const replay = createReplay({
    letters: store.deadLetters,
    engine: {
      replay(records) {
        for (const record of records) read.push(...decode(record, DEFAULT_LIMITS).documents.map(({ document }) => document['user']));
        return { alerts: [], read: records.length };
      },
    },
    logger: silentLogger,
    preparers: new Map([['k', (records: readonly RawRecord[]) => client.prepare(records, AbortSignal.timeout(100))]]),
  });
  registry.failWith = 500;
  await replay();
  expect([read, store.deadLetters.requested(10).length]).toEqual([[], 1]);
  registry.failWith = undefined;
  await replay();
  expect(read).toEqual(['mallory']);
  await client.close();
  await registry.close();
  store.close();
});
