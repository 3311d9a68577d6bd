import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../shared/secret.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares an Authorization header with the token in constant time; without a token everybody is let in. */
export function bearerGuard(token: Secret | undefined): (header: string | undefined) => boolean {
  if (token === undefined) return () => true;
  const wanted = digest(`Bearer ${token.reveal()}`);
  return (header) => timingSafeEqual(digest((header ?? '').replace(/^bearer /i, 'Bearer ')), wanted);
}
