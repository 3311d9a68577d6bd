import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { bindServer } from './bind.ts';
import type { Listener } from './listening.ts';
import { type ServerTls, tlsOptions } from './server-tls.ts';

type Settings = {
  /** How an error names it. */
  readonly called: string;
  readonly listen: string;
  readonly tls?: ServerTls | undefined;
  readonly maxConnections?: number;
};

/** How long a sender may take for one request; one that sends a byte now and then does not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 2000;

export async function serveHttp(
  settings: Settings,
  fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>,
): Promise<Listener> {
  const { tls, maxConnections } = settings;
  const listener = getRequestListener(fetch as Parameters<typeof getRequestListener>[0], { overrideGlobalObjects: false });
  let closing = false;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // A connection whose last answer was under way when the server closed is idle only after it.
    response.once('close', () => setImmediate(() => closing && server.closeIdleConnections()));
    void listener(request, response);
  };
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: 10_000, keepAliveTimeout: 60_000, maxHeaderSize: 16 * 1024 };
  const server = tls === undefined ? createPlainServer(options, handle) : createSecureServer({ ...options, ...tlsOptions(tls) }, handle);
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  const address = await bindServer(server as Server, settings);
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        closing = true;
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS).unref();
      }),
  };
}
