import { Agent, request } from 'undici';
import type { Clock } from '../../shared/clock.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { checkUrl, guardedLookup } from './guard.ts';
import { readRetryAfter } from './outcome.ts';
import { type HttpSettings, plainText } from './settings.ts';

const CONNECT_MS = 5000;
const TOTAL_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export type HttpCall = {
  /** In place of the path of the url. */
  readonly path?: string;
  readonly method?: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
};

/** `failed`: there was no answer; the text is a code or a few words, never a URL. */
export type HttpAnswer =
  | { readonly status: number; readonly retryAfterMs: number | undefined; readonly text: string; readonly bytes: Uint8Array }
  | { readonly failed: string };

export type HttpClient = {
  /** Throws WardlineError `sink` only when `signal` aborts before there is a status. */
  send(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
};

/**
 * Calls one receiver: guarded address, connect within 5 s, status within 15 s, answer read to 64 KiB and never logged,
 * redirects not followed, answers not unpacked.
 */
export function createHttpClient(settings: HttpSettings, clock: Clock): HttpClient {
  const { name, insecure, allowPrivate, ca, cert, key } = settings;
  const base = checkUrl(plainText(settings.url), { name, insecure, allowPrivate });
  const own = Object.fromEntries(
    Object.entries(settings.headers).map(([header, value]) => [header.toLowerCase(), headerValue(name, header, plainText(value))]),
  );
  const agent = new Agent({
    connect: {
      timeout: CONNECT_MS,
      lookup: guardedLookup(allowPrivate),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key: key.reveal() }),
    },
    headersTimeout: TOTAL_MS,
    bodyTimeout: TOTAL_MS,
  });
  return {
    async send({ path, method = 'POST', headers, body }, signal) {
      const stopped = (): WardlineError => new WardlineError('sink', `sink ${name}: stopped`, { retryable: true });
      if (signal.aborted) throw stopped();
      try {
        const answer = await request(path === undefined ? base : new URL(path, base), {
          method,
          headers: { 'user-agent': 'wardline', ...own, ...headers },
          body,
          dispatcher: agent,
          signal: AbortSignal.any([signal, AbortSignal.timeout(TOTAL_MS)]),
        });
        const retryAfter = answer.headers['retry-after'];
        const retryAfterMs = readRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, clock.now());
        const bytes = await read(answer.body);
        return { status: answer.statusCode, retryAfterMs, text: bytes.toString('utf8'), bytes };
      } catch (error) {
        if (signal.aborted) throw stopped();
        return { failed: reasonOf(error) };
      }
    },
    // Calls are over by now; a graceful end would wait for connections whose other side does not speak HTTP.
    close: () => agent.destroy(),
  };
}

/** A secret of several lines would begin another header. */
function headerValue(name: string, header: string, value: string): string {
  if (!/^[\t\u0020-\u007e]*$/.test(value))
    throw new WardlineError('settings', `sink ${name}: the value of header ${header} is not printable ASCII on one line`);
  return value;
}

/** The start of an answer. What comes after the status no longer changes it, so a broken body is an empty one. */
async function read(body: AsyncIterable<Uint8Array> & { destroy(): unknown }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) {
        body.destroy();
        break;
      }
      chunks.push(chunk);
    }
  } catch {
    return Buffer.alloc(0);
  }
  return Buffer.concat(chunks);
}

/** A network error by its code: messages may hold the URL, which counts as a secret. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (name === 'TimeoutError') return 'no answer in time';
  if (name === 'HTTPParserError') return 'what answered does not speak HTTP';
  if (code === 'UND_ERR_SOCKET') return 'the connection was closed before an answer';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'no connection in time';
  if (typeof code === 'string') return code;
  return messageOf(error)
    .replace(/https?:\S*/g, 'the receiver')
    .slice(0, 40);
}
