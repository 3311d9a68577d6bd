import { WardlineError } from '../shared/errors.ts';

/** For clients that know no signals: the call is left to itself when the signal aborts. Throws WardlineError `sink` then. */
export async function untilAborted<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const stopped = (): WardlineError => new WardlineError('sink', `sink ${name}: stopped`, { retryable: true });
  if (signal.aborted) throw stopped();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(stopped());
  signal.addEventListener('abort', abort, { once: true });
  const running = work();
  // Whoever loses the race must not fail unheard.
  running.catch(() => undefined);
  try {
    return await Promise.race([running, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
