import { inspect } from 'node:util';
import type { Logger } from '../../src/shared/logger.ts';

/** A value that must appear nowhere; tests put it where a secret stands. */
export const PLANTED = 'planted-b1946ac92492d2347c6235b4d2611184';
/** The same as a signing key of Standard Webhooks. */
export const PLANTED_KEY = `whsec_${Buffer.from(PLANTED).toString('base64')}`;

/** Every way a value could be written: as it is, in base64 at any place of a longer text, in hex, as part of a URL. */
export function formsOf(value: string): readonly string[] {
  // Base64 of a longer text holds that of the value shifted by 0, 1 or 2 bytes; the characters at the edges differ.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.from(`${'x'.repeat(shift)}${value}`)
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1)
      .replace(/=+$/, '')
      .slice(0, -1),
  );
  return [value, ...shifted, Buffer.from(value).toString('hex'), encodeURIComponent(value)];
}

const FORMS = formsOf(PLANTED);

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
