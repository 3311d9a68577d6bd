import { createHash } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { DEFAULT_LIMITS, decode } from '../../decode/decode.ts';
import { FORM_HEADER } from '../../decode/forms.ts';
import type { Clock } from '../../shared/clock.ts';
import { bodyOf } from '../http-body.ts';
import { serveHttp } from '../http-server.ts';
import type { Inbox, Received } from '../inbox.ts';
import { createListeningSource, type Intake, type Listener, type ListeningParts } from '../listening.ts';
import type { OtlpHttpSourceSettings } from '../settings.ts';
import type { Source } from '../source.ts';
import { bearerGuard } from '../token.ts';
import { type Answer, answerBody, CODES } from './answers.ts';

type Deps = Pick<ListeningParts, 'clock' | 'logger'> & { readonly inbox: Inbox };
type Bindings = { Bindings: HttpBindings };
type Signal = 'logs' | 'traces';

const RETRY_SECONDS = 5;
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const ENCODINGS = new Set(['', 'identity', 'gzip', 'zstd']);

/**
 * OTLP/HTTP: one record per request, answered after it is durable. A body that was sent again within ten minutes, because
 * its answer was lost, is taken once.
 */
export function createOtlpHttpSource(settings: OtlpHttpSourceSettings, deps: Deps): Source {
  return createListeningSource({ name: settings.name, ...deps, listen: (intake) => listen(settings, deps.clock, intake) });
}

function listen(settings: OtlpHttpSourceSettings, clock: Clock, intake: Intake): Promise<Listener> {
  const allowed = bearerGuard(settings.token);
  const app = new Hono<Bindings>();
  for (const signal of ['logs', 'traces'] as const) {
    app.post(`/v1/${signal}`, async (c) => {
      const answer = allowed(c.req.header('authorization'))
        ? await take(c, signal, settings, clock, intake)
        : failed(401, CODES.unauthenticated, 'a bearer token is needed');
      return respond(c, answer, signal);
    });
    app.all(`/v1/${signal}`, (c) => respond(c, failed(405, CODES.unimplemented, 'send with POST'), signal));
  }
  app.notFound((c) => respond(c, failed(404, CODES.notFound, 'only /v1/logs and /v1/traces are here'), 'logs'));
  return serveHttp({ ...settings, called: `source ${settings.name}` }, app.fetch);
}

async function take(c: Context<Bindings>, signal: Signal, settings: OtlpHttpSourceSettings, clock: Clock, intake: Intake): Promise<Answer> {
  const type = mediaType(c);
  if (type !== PROTOBUF && type !== JSON_TYPE) return failed(415, CODES.invalidArgument, `send ${PROTOBUF} or ${JSON_TYPE}`);
  const encoding = (c.req.header('content-encoding') ?? '').toLowerCase();
  if (!ENCODINGS.has(encoding)) return failed(415, CODES.invalidArgument, 'content-encoding is gzip, zstd or none');
  const bytes = await bodyOf(c.req.raw, settings.maxBodyBytes);
  if (bytes === undefined) return failed(413, CODES.resourceExhausted, `the body is larger than ${settings.maxBodyBytes} bytes`);
  const headers = new Map([[FORM_HEADER, `otlp-${signal}`]]);
  const peer = c.env.incoming.socket.remoteAddress;
  if (peer !== undefined) headers.set('wardline-peer', peer);
  const received: Received = {
    bytes,
    headers,
    appendedAt: clock.now(),
    digest: createHash('sha256').update(signal).update(bytes).digest('hex'),
  };
  // Read as the pipeline will read it: what it could not use is refused while its sender can still do something.
  const { documents, deadLetters } = decode({ source: settings.name, partition: 0, offset: 0n, ...received }, DEFAULT_LIMITS);
  const [letter] = deadLetters;
  if (letter !== undefined && documents.length === 0) {
    const large = letter.reason === 'too-large' || letter.reason === 'fan-out';
    return failed(large ? 413 : 400, large ? CODES.resourceExhausted : CODES.invalidArgument, `${letter.reason}: ${letter.detail}`);
  }
  const taken = await intake.take(received);
  if (taken === 'full') return { ...failed(429, CODES.resourceExhausted, 'the inbox is full'), retryAfterSeconds: RETRY_SECONDS };
  if (taken === 'failed') return { ...failed(503, CODES.unavailable, 'the request could not be stored'), retryAfterSeconds: RETRY_SECONDS };
  return letter === undefined ? { status: 200 } : { status: 200, rejected: { count: deadLetters.length, message: letter.detail } };
}

const failed = (status: number, code: number, message: string): Answer => ({ status, error: { code, message } });
const mediaType = (c: Context<Bindings>): string => (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

function respond(c: Context<Bindings>, answer: Answer, signal: Signal): Response {
  const isJson = mediaType(c) !== PROTOBUF;
  const headers: Record<string, string> = { 'content-type': isJson ? JSON_TYPE : PROTOBUF };
  if (answer.retryAfterSeconds !== undefined) headers['retry-after'] = String(answer.retryAfterSeconds);
  if (answer.status === 401) headers['www-authenticate'] = 'Bearer';
  return new Response(answerBody(answer, signal, isJson), { status: answer.status, headers });
}
