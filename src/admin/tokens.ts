import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, WardlineError } from '../shared/errors.ts';

/** Each may do what those before it may. */
export const TOKEN_ROLES = ['viewer', 'operator', 'admin'] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];

const tokenSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.@-]{0,99}$/),
  role: z.enum(TOKEN_ROLES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** ISO 8601. */
  created: z.iso.datetime(),
  expires: z.iso.datetime(),
});
const fileSchema = z.strictObject({ version: z.literal(1), tokens: z.array(tokenSchema) });
export type Token = z.infer<typeof tokenSchema>;

/** Who a caller is. */
export type Caller = { readonly name: string; readonly role: TokenRole };

const PREFIX = 'wl_';
const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Tokens of a file; none when there is no file. Throws `settings` when it is no file of tokens. */
export function readTokens(path: string): readonly Token[] {
  if (!existsSync(path)) return [];
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).tokens;
  } catch (error) {
    const why = error instanceof z.ZodError ? (error.issues[0]?.message ?? 'unknown') : messageOf(error);
    throw new WardlineError('settings', `${path} is no file of tokens: ${why}`);
  }
}

/** Replaced as a whole, so that who reads it meets the old file or the new one. */
function writeTokens(path: string, tokens: readonly Token[]): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** Makes a token and keeps its digest. What is returned is shown once and is nowhere else. */
export function addToken(path: string, name: string, role: TokenRole, now: number, expires: number): string {
  const tokens = readTokens(path);
  if (tokens.some((one) => one.name === name)) throw new WardlineError('usage', `there is a token "${name}" already; revoke it first`);
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  const entry = { name, role, sha256: digestOf(token), created: new Date(now).toISOString(), expires: new Date(expires).toISOString() };
  if (!tokenSchema.safeParse(entry).success)
    throw new WardlineError('usage', 'the name of a token has letters, digits, dot, dash, underscore and @, at most 100');
  writeTokens(path, [...tokens, entry]);
  return token;
}

export function revokeToken(path: string, name: string): void {
  const tokens = readTokens(path);
  if (!tokens.some((one) => one.name === name)) throw new WardlineError('usage', `there is no token "${name}"`);
  writeTokens(
    path,
    tokens.filter((one) => one.name !== name),
  );
}

/** Knows who shows which token. The file is read again when it changed: a revoked token ends with the next call. */
export function createTokenBook(path: string): (token: string, now: number) => Caller | undefined {
  let stamp = '';
  let tokens: readonly Token[] = [];
  const refresh = (): void => {
    const stats = statSync(path, { throwIfNoEntry: false });
    const next = stats === undefined ? 'none' : `${stats.ino}:${stats.mtimeMs}:${stats.size}`;
    if (next === stamp) return;
    tokens = readTokens(path);
    stamp = next;
  };
  return (token, now) => {
    if (!token.startsWith(PREFIX) || token.length > 200) return undefined;
    refresh();
    const shown = Buffer.from(digestOf(token));
    let found: Token | undefined;
    for (const one of tokens) if (timingSafeEqual(shown, Buffer.from(one.sha256))) found = one;
    return found === undefined || Date.parse(found.expires) <= now ? undefined : { name: found.name, role: found.role };
  };
}
