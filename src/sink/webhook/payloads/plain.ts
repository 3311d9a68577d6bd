import { plainLines } from '../../plain-lines.ts';
import type { AlertDocument } from '../../sink.ts';
import type { Payload } from './payload.ts';

/** A few lines of text. */
export function plain(alert: AlertDocument): Payload {
  return { contentType: 'text/plain; charset=utf-8', body: plainLines(alert).join('\n') };
}
