import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const home = resolve(import.meta.dirname, '../..');
const WARDLINE = `"${process.execPath}" --disallow-code-generation-from-strings --disable-proto=delete "${join(home, 'src/main.ts')}"`;
const RULE =
  'title: Seen\nid: seen\nlogsource: {category: test}\ndetection: {s: {word: seen}, condition: s}\nwardline: {alert: {dedup: each}}\n';
const EVENT = `${JSON.stringify({ word: 'seen', text: 'x'.repeat(2000), '@timestamp': '2026-01-01T00:00:00Z' })}\n`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-edges-'));
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules/seen.yml'), RULE);
  const sources = [{ name: 'events', kind: 'file', logsource: { category: 'test' }, path: 'events.ndjson', mode: 'once' }];
  writeFileSync(join(folder, 'wardline.yaml'), JSON.stringify({ sources, log: { level: 'silent' }, engine: { checkpointEvery: 50 } }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A line of the shell; `wardline` in it is the command line, as a process. */
function shell(line: string, onOut: (kill: (signal: NodeJS.Signals) => void, so: string) => void = () => undefined) {
  const child = spawn('bash', ['-c', line.replaceAll('wardline ', `${WARDLINE} `)], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>((done) => {
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      onOut((signal) => child.kill(signal), err);
    });
    child.once('close', (code) => done({ code, out, err }));
  });
}

describe('a fault', () => {
  test('of a full disk ends a run once, names the store, and has the exit code of a fault', async () => {
    writeFileSync(join(folder, 'events.ndjson'), EVENT.repeat(2000));
    const { code, err } = await shell("trap '' XFSZ; ulimit -f 700; wardline run --once");
    expect(err).toMatch(/^wardline: the store \S+wardline\.db: [^\n]+\n$/);
    expect(code).toBe(3);
  });

  test.skipIf(!existsSync('/dev/full')).each(['rules list', 'schema config', 'coverage -o json', 'run --once'])(
    'of the output (%s) is one line and the exit code of a fault',
    async (command) => {
      writeFileSync(join(folder, 'events.ndjson'), EVENT);
      const { code, err } = await shell(`wardline ${command} > /dev/full`);
      expect(err).toMatch(/^wardline: the output cannot be written: ENOSPC[^\n]*\n$/);
      expect(code).toBe(3);
    },
  );

  test('without the flags says how it is started', async () => {
    const { code, err } = await shell(`"${process.execPath}" "${join(home, 'src/main.ts')}" check`);
    expect([code, err]).toEqual([2, expect.stringContaining('npx wardline')]);
  });
});

test('a run over files that is stopped says so, and that it is not at their end', async () => {
  writeFileSync(join(folder, 'events.ndjson'), EVENT.repeat(20_000));
  writeFileSync(
    join(folder, 'wardline.yaml'),
    JSON.stringify({ sources: [{ name: 'events', kind: 'file', logsource: { category: 'test' }, path: 'events.ndjson', mode: 'once' }] }),
  );
  const { code, out } = await shell('exec wardline run --once', (kill, err) => err.includes('starting') && kill('SIGTERM'));
  expect(out).toContain('stopped by SIGTERM before the end of its inputs');
  expect(code).toBe(130);
});
