import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsole } from '../../src/admin/console.ts';
import { startAdmin } from '../../src/admin/server.ts';
import { addToken, type TokenRole } from '../../src/admin/tokens.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { createBoard, observeBoard } from '../../src/pipeline/board.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import type { Store } from '../../src/store/store.ts';
import { telemetrySettings } from '../../src/telemetry/settings.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { standingClock } from './a-run.ts';

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string };

/** One request with exactly these headers: `fetch` sets Host, Origin and Sec-Fetch-Site itself. */
export function ask(
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  return new Promise((done, fail) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    call.on('error', fail);
    call.end(body);
  });
}

/** An admin port over a board that tests write to; no engine behind it. */
export async function anAdmin(admin: object = {}, store?: Store) {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-admin-'));
  const clock = standingClock(Date.UTC(2026, 10, 20, 9));
  const settings = settingsSchema.parse({
    sources: [{ kind: 'file', name: 'logs', path: 'logs.ndjson' }],
    sinks: [{ kind: 'console', name: 'out' }],
    admin: { listen: '127.0.0.1:0', ...admin },
  });
  const telemetry = createTelemetry(telemetrySettings.parse({}), 'silent', true);
  const board = createBoard(settings, clock);
  observeBoard(telemetry.metrics, board, clock);
  if (settings.admin === undefined) throw new Error('no admin settings');
  const server = await startAdmin(settings.admin, {
    baseDir: folder,
    board,
    telemetry,
    clock,
    logger: silentLogger,
    console: createConsole({ board, clock, store, canaries: [], signed: false }),
  });
  return {
    folder,
    clock,
    board,
    telemetry,
    port: server.address.port,
    token: (name: string, role: TokenRole, lifetimeMs = 3_600_000): string =>
      addToken(join(folder, 'wardline-tokens.json'), name, role, clock.now(), clock.now() + lifetimeMs),
    ask: (path: string, options: Parameters<typeof ask>[2] = {}) => ask(server.address.port, path, options),
    async close() {
      await server.close();
      await telemetry.shutdown();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
