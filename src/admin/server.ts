import { resolve } from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { AdminSettings } from '../config/admin-settings.ts';
import type { Board } from '../pipeline/board.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { serveHttp } from '../source/http-server.ts';
import { type Address, isLoopback, parseAddress } from '../source/listen-settings.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { checkPlace, createFailures, type Refusal, requireRole } from './guard.ts';
import { live, ready } from './health.ts';
import { type Caller, createTokenBook, type TokenRole } from './tokens.ts';

export type AdminDeps = {
  /** Relative paths of the settings count from here. */
  readonly baseDir: string;
  readonly board: Board;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
};
/** What the port shows besides; absent where this form of the engine has none of it. */
export type AdminParts = Record<never, never>;
type Bindings = { Bindings: HttpBindings };
export type Reply = { readonly status: number; readonly type: string; readonly body: string | Uint8Array<ArrayBuffer> };

const MAX_CONNECTIONS = 256;
const TEXT = 'text/plain; charset=utf-8';
/** Nothing from elsewhere, nothing inline, no forms, no frames; scripts and styles are files of this port. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Health, metrics, status and the console on one port. Tokens come as `Authorization: Bearer`, never as a cookie. */
export async function startAdmin(settings: AdminSettings, deps: AdminDeps): Promise<{ readonly address: Address; close(): Promise<void> }> {
  const { board, telemetry, clock, logger } = deps;
  const { host } = parseAddress(settings.listen) as Address;
  const publicProbes = settings.publicProbes ?? isLoopback(host);
  const names = new Set([host.toLowerCase(), ...settings.hosts.map((name) => name.toLowerCase())]);
  const callerOf = createTokenBook(resolve(deps.baseDir, settings.tokens));
  const failures = createFailures();
  const { metrics } = telemetry;
  metrics.observe('wardline.ready', () => [[ready(board.status(), settings.health).ok ? 1 : 0]]);

  const refuse = ({ status, reason, text }: Refusal): Response => {
    metrics.add('wardline.admin.refused', 1, { reason });
    const more: Record<string, string> = status === 401 ? { 'www-authenticate': 'Bearer' } : status === 429 ? { 'retry-after': '60' } : {};
    return answer({ status, type: TEXT, body: `${text}\n` }, more);
  };
  /** Who calls; a refusal when the token is nobody's, or there were too many of those. */
  const identify = (c: Context<Bindings>): Caller | undefined | Refusal => {
    const header = c.req.header('authorization');
    if (header === undefined) return undefined;
    const address = c.env.incoming.socket.remoteAddress ?? '';
    const now = clock.now();
    if (failures.blocked(address, now)) return { status: 429, reason: 'rate', text: 'too many wrong tokens; wait a minute' };
    const caller = callerOf(/^bearer +(\S+)$/i.exec(header)?.[1] ?? '', now);
    if (caller !== undefined) return caller;
    failures.failed(address, now);
    return { status: 401, reason: 'token', text: 'this token is not known, or it has expired' };
  };
  const guarded =
    (role: TokenRole | 'probe', work: (c: Context<Bindings>, caller: Caller | undefined) => Reply | Promise<Reply>) =>
    async (c: Context<Bindings>): Promise<Response> => {
      const { headers, socket } = c.env.incoming;
      const place = { host: headers.host, origin: headers.origin, fetchSite: c.req.header('sec-fetch-site') };
      const wrong = checkPlace(place, names, socket.localAddress);
      if (wrong !== undefined) return refuse(wrong);
      try {
        if (role === 'probe' && publicProbes) return answer(await work(c, undefined));
        const caller = identify(c);
        if (caller !== undefined && 'status' in caller) return refuse(caller);
        const lacking = requireRole(caller, role === 'probe' ? 'viewer' : role);
        if (lacking !== undefined) return refuse(lacking);
        return answer(await work(c, caller));
      } catch (error) {
        logger.error({ error: messageOf(error) }, 'a request to the admin port failed');
        return answer({ status: 500, type: TEXT, body: 'the request failed; the log says why\n' });
      }
    };

  const app = new Hono<Bindings>();
  const probe = ({ ok, reasons }: ReturnType<typeof live>): Reply => ({
    status: ok ? 200 : 503,
    type: TEXT,
    body: `${ok ? 'ok' : reasons.join('\n')}\n`,
  });
  app.get(
    '/livez',
    guarded('probe', () => probe(live(board.sinceBeat()))),
  );
  app.get(
    '/readyz',
    guarded('probe', () => probe(ready(board.status(), settings.health))),
  );
  app.get(
    '/metrics',
    guarded('probe', async () => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await telemetry.exposition() })),
  );
  app.get(
    '/statusz',
    guarded('viewer', () => {
      const status = board.status();
      return json({ ...status, live: live(board.sinceBeat()), ready: ready(status, settings.health) });
    }),
  );
  app.notFound(guarded('probe', () => ({ status: 404, type: TEXT, body: 'nothing is here\n' })));
  const listener = await serveHttp({ called: 'the admin port', maxConnections: MAX_CONNECTIONS, ...settings }, app.fetch);
  logger.info({ host: listener.address.host, port: listener.address.port }, 'the admin port listens');
  return listener;
}

export const json = (value: object, status = 200): Reply => ({ status, type: 'application/json', body: `${JSON.stringify(value)}\n` });

function answer({ status, type, body }: Reply, more: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { ...HEADERS, 'content-type': type, ...more } });
}
