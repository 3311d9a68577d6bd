import { inspect } from 'node:util';
import type { Logger } from '../../src/shared/logger.ts';

/** A value that must appear nowhere; tests put it where a secret stands. */
export const PLANTED = 'planted-b1946ac92492d2347c6235b4d2611184';
/** The same as a signing key of Standard Webhooks. */
export const PLANTED_KEY = `whsec_${Buffer.from(PLANTED).toString('base64')}`;

/** Every way the planted value could be written. */
const FORMS = [
  PLANTED,
  Buffer.from(PLANTED).toString('base64').replace(/=+$/, ''),
  Buffer.from(PLANTED).toString('hex'),
  encodeURIComponent(PLANTED),
];

/** The forms of the planted value that a text holds; a text that is well kept holds none. */
export function leaks(...things: readonly unknown[]): readonly string[] {
  const text = things
    .map((thing) => (typeof thing === 'string' ? thing : `${String(thing)} ${inspect(thing, { depth: null })}`))
    .join('\n');
  return FORMS.filter((form) => text.includes(form));
}

/** A logger whose lines a test can read. */
export function recordingLogger(): { readonly logger: Logger; readonly lines: unknown[] } {
  const lines: unknown[] = [];
  const take = (fields: object, message: string): void => void lines.push({ ...fields, message });
  return { logger: { debug: take, info: take, warn: take, error: take }, lines };
}
