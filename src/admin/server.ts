import { resolve } from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { AdminSettings } from '../config/admin-settings.ts';
import type { Board } from '../pipeline/board.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { bodyOf } from '../source/http-body.ts';
import { serveHttp } from '../source/http-server.ts';
import { type Address, isLoopback, parseAddress } from '../source/listen-settings.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { BadRequest, type ConsoleData } from './console.ts';
import { consoleFiles } from './console-files.ts';
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
  readonly console: ConsoleData;
};
type Bindings = { Bindings: HttpBindings };
type Reply = { readonly status: number; readonly type: string; readonly body: string | Uint8Array<ArrayBuffer> };

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
    (role: TokenRole | 'probe' | 'page', work: (c: Context<Bindings>, caller: Caller | undefined) => Reply | Promise<Reply>) =>
    async (c: Context<Bindings>): Promise<Response> => {
      const { headers, socket } = c.env.incoming;
      const place = { host: headers.host, origin: headers.origin, fetchSite: c.req.header('sec-fetch-site') };
      const wrong = checkPlace(place, names, socket.localAddress);
      if (wrong !== undefined) return refuse(wrong);
      try {
        // The page itself holds nothing; what it shows it asks for with a token.
        if (role === 'page' || (role === 'probe' && publicProbes)) return answer(await work(c, undefined));
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
  const text = (body: string, status: number): Reply => ({ status, type: TEXT, body: `${body}\n` });
  /** `queried`: the work looks at the keys of the query itself; elsewhere there are none. */
  const api = (role: TokenRole, work: (c: Context<Bindings>, caller: Caller) => object | Promise<object>, queried = false) =>
    guarded(role, async (c, caller) => {
      try {
        const [key] = queried ? [] : Object.keys(c.req.query());
        if (key !== undefined) throw new BadRequest(400, `"${key}" is no key of a query here; there is none`);
        return json(await work(c, caller as Caller));
      } catch (error) {
        if (error instanceof BadRequest) return text(error.message, error.status);
        throw error;
      }
    });
  const statusNow = (): object => {
    const status = board.status();
    return { ...status, live: live(board.sinceBeat()), ready: ready(status, settings.health) };
  };
  app.get('/statusz', api('viewer', statusNow));
  app.get('/api/status', api('viewer', statusNow));
  app.get(
    '/api/me',
    api('viewer', (_c, caller) => caller),
  );
  app.get(
    '/api/alerts',
    api('viewer', (c) => deps.console.alerts(c.req.query()), true),
  );
  app.get(
    '/api/alerts/:id',
    api('viewer', (c) => deps.console.alert(c.req.param('id') ?? '')),
  );
  app.post(
    '/api/alerts/:id/actions',
    api('operator', async (c, caller) => {
      const address = c.env.incoming.socket.remoteAddress ?? 'unknown';
      return deps.console.act(c.req.param('id') ?? '', await jsonBody(c), caller.name, address);
    }),
  );
  app.get(
    '/api/rules',
    api('viewer', () => deps.console.rules()),
  );
  app.get(
    '/api/evidence',
    api('viewer', () => deps.console.evidence()),
  );
  for (const { path, type, body } of consoleFiles())
    app.get(
      path,
      guarded('page', () => ({ status: 200, type, body })),
    );
  app.notFound(guarded('probe', () => ({ status: 404, type: TEXT, body: 'nothing is here\n' })));
  const listener = await serveHttp({ called: 'the admin port', maxConnections: MAX_CONNECTIONS, ...settings }, app.fetch);
  logger.info({ host: listener.address.host, port: listener.address.port }, 'the admin port listens');
  return listener;
}

const MAX_BODY = 64 * 1024;

async function jsonBody(c: Context<Bindings>): Promise<unknown> {
  // Only what a script of this page can send: a form of another site cannot set this type.
  if ((c.req.header('content-type') ?? '').split(';')[0]?.trim() !== 'application/json') throw new BadRequest(400, 'send application/json');
  const bytes = await bodyOf(c.req.raw, MAX_BODY);
  if (bytes === undefined) throw new BadRequest(413, `the body is larger than ${MAX_BODY} bytes`);
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    throw new BadRequest(400, 'the body is no JSON');
  }
}

const json = (value: object, status = 200): Reply => ({ status, type: 'application/json', body: `${JSON.stringify(value)}\n` });

function answer({ status, type, body }: Reply, more: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { ...HEADERS, 'content-type': type, ...more } });
}
