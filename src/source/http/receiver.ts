import { createHash } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { DEFAULT_LIMITS, decode } from '../../decode/decode.ts';
import type { Clock } from '../../shared/clock.ts';
import { bodyOf } from '../http-body.ts';
import { serveHttp } from '../http-server.ts';
import type { Inbox, Received } from '../inbox.ts';
import { createListeningSource, type Intake, type Listener, type ListeningParts } from '../listening.ts';
import type { HttpSourceSettings } from '../settings.ts';
import type { Source } from '../source.ts';
import { bearerGuard } from '../token.ts';

type Deps = Pick<ListeningParts, 'clock' | 'logger'> & { readonly inbox: Inbox };
type Answer = { readonly status: number; readonly text: string; readonly retryAfterSeconds?: number };

const RETRY_SECONDS = 5;

/**
 * Webhooks of others: every body that is posted to one path is a record, answered after it is durable. What comes is
 * recognised by its content, as in a file; a body that is sent again within ten minutes, as Alertmanager does when an
 * answer was lost, is taken once.
 */
export function createHttpSource(settings: HttpSourceSettings, deps: Deps): Source {
  return createListeningSource({ name: settings.name, ...deps, listen: (intake) => listen(settings, deps.clock, intake) });
}

function listen(settings: HttpSourceSettings, clock: Clock, intake: Intake): Promise<Listener> {
  const allowed = bearerGuard(settings.token);
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.post(settings.path, async (c) =>
    respond(
      allowed(c.req.header('authorization')) ? await take(c, settings, clock, intake) : { status: 401, text: 'a bearer token is needed' },
    ),
  );
  app.all(settings.path, () => respond({ status: 405, text: 'send with POST' }));
  app.notFound(() => respond({ status: 404, text: 'nothing is received here' }));
  return serveHttp({ ...settings, called: `source ${settings.name}` }, app.fetch);
}

async function take(c: Context<{ Bindings: HttpBindings }>, settings: HttpSourceSettings, clock: Clock, intake: Intake): Promise<Answer> {
  const bytes = await bodyOf(c.req.raw, settings.maxBodyBytes);
  if (bytes === undefined) return { status: 413, text: `the body is larger than ${settings.maxBodyBytes} bytes` };
  if (bytes.length === 0) return { status: 400, text: 'the body is empty' };
  const headers = new Map<string, string>();
  const peer = c.env.incoming.socket.remoteAddress;
  if (peer !== undefined) headers.set('wardline-peer', peer);
  const received: Received = { bytes, headers, appendedAt: clock.now(), digest: createHash('sha256').update(bytes).digest('hex') };
  // Read as the pipeline will read it: what it could not use is refused while its sender can still do something.
  const { documents, deadLetters } = decode({ source: settings.name, partition: 0, offset: 0n, ...received }, DEFAULT_LIMITS);
  const [letter] = deadLetters;
  if (letter !== undefined && documents.length === 0) return { status: 400, text: `${letter.reason}: ${letter.detail}` };
  const taken = await intake.take(received);
  if (taken === 'full') return { status: 429, text: 'the inbox is full', retryAfterSeconds: RETRY_SECONDS };
  if (taken === 'failed') return { status: 503, text: 'the request could not be stored', retryAfterSeconds: RETRY_SECONDS };
  return { status: 200, text: 'taken' };
}

function respond({ status, text, retryAfterSeconds }: Answer): Response {
  const headers: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return new Response(`${text}\n`, { status, headers });
}
