import { createHmac, timingSafeEqual } from 'node:crypto';
import { WardlineError } from '../../shared/errors.ts';

/** The key bytes of `whsec_<base64>`; 24 to 64 bytes as Standard Webhooks asks. Throws WardlineError `settings`. */
export function signingKey(secret: string, name: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (!secret.startsWith('whsec_') || key.length < 24 || key.length > 64) {
    throw new WardlineError('settings', `sink ${name}: the secret must be whsec_ and the base64 of 24 to 64 bytes`);
  }
  return key;
}

/** `v1,<base64 HMAC-SHA256 of id.timestamp.body>` (Standard Webhooks). */
export function sign(key: Buffer, id: string, timestamp: number, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** Is one of the space-separated signatures of the header right under one of the keys? Compared in constant time. */
export function verify(keys: readonly Buffer[], id: string, timestamp: number, body: string, header: string): boolean {
  const wanted = keys.map((key) => Buffer.from(sign(key, id, timestamp, body)));
  return header
    .split(' ')
    .some((given) => wanted.some((right) => right.length === Buffer.byteLength(given) && timingSafeEqual(right, Buffer.from(given))));
}
