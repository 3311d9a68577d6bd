import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createTokenBook } from '../../src/admin/tokens.ts';
import type { Io } from '../../src/cli/io.ts';
import { tokenAdd, tokenList, tokenRevoke } from '../../src/cli/token.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-token-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a token is printed once, listed without itself, and ends when it is revoked', () => {
  const file = join(folder, 'tokens.json');
  const said = { out: '', err: '' };
  let now = Date.UTC(2026, 10, 20, 8);
  const io: Io = {
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    environment: {},
    clock: { now: () => now, sleep: async () => undefined },
    interactive: false,
    stop: new AbortController().signal,
  };
  expect(tokenAdd('alice', { file, role: 'operator', expires: '30d' }, io)).toBe(0);
  const token = said.out.trim();
  expect(said.err).not.toContain(token);
  const callerOf = createTokenBook(file);
  expect(callerOf(token, now)).toEqual({ name: 'alice', role: 'operator' });
  said.out = '';
  tokenList({ file, output: 'json' }, io);
  expect(said.out).not.toContain(token.slice(3));
  expect(JSON.parse(said.out)).toMatchObject({
    tokens: [{ name: 'alice', role: 'operator', state: 'valid', expires: '2026-12-20T08:00:00.000Z' }],
  });
  now += 31 * 86_400_000;
  said.out = '';
  tokenList({ file, output: 'table' }, io);
  expect(said.out).toContain('expired');
  expect(callerOf(token, now)).toBeUndefined();
  tokenRevoke('alice', { file }, io);
  expect(() => tokenRevoke('alice', { file }, io)).toThrow('there is no token');
  expect(() => tokenAdd('bob', { file, role: 'viewer', expires: 'soon' }, io)).toThrow('--expires');
});
