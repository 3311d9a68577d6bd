import { isIP } from 'node:net';
import type { Caller, TokenRole } from './tokens.ts';
import { TOKEN_ROLES } from './tokens.ts';

/** Why a request is turned away; a word of a closed list, for the answer and the counter. */
export type Refusal = {
  readonly status: 400 | 401 | 403 | 429;
  readonly reason: 'host' | 'origin' | 'token' | 'role' | 'rate';
  readonly text: string;
};

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * A page of somebody else may make a browser call this port under a name of its own (DNS rebinding) or from its own origin.
 * Addresses are no names: a page cannot claim the one it was reached at.
 */
export function checkPlace(
  headers: { readonly host: string | undefined; readonly origin: string | undefined; readonly fetchSite: string | undefined },
  names: ReadonlySet<string>,
  localAddress: string | undefined,
): Refusal | undefined {
  const name = nameOf(headers.host);
  if (name === undefined || !(LOCAL.has(name) || names.has(name) || isOwnAddress(name, localAddress)))
    return { status: 400, reason: 'host', text: 'this Host is not served; name it in admin.hosts' };
  const { origin, fetchSite } = headers;
  const own = origin === undefined || origin === `http://${headers.host}` || origin === `https://${headers.host}`;
  if (!own || fetchSite === 'cross-site' || fetchSite === 'same-site')
    return { status: 403, reason: 'origin', text: 'requests of other origins are not answered' };
  return undefined;
}

function nameOf(host: string | undefined): string | undefined {
  return /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase();
}

function isOwnAddress(name: string, localAddress: string | undefined): boolean {
  const bare = name.replace(/^\[|\]$/g, '');
  return isIP(bare) > 0 && localAddress !== undefined && bare === localAddress.replace(/^::ffff:/, '');
}

export function requireRole(caller: Caller | undefined, role: TokenRole): Refusal | undefined {
  if (caller === undefined) return { status: 401, reason: 'token', text: 'a token is needed: wardline token add' };
  if (TOKEN_ROLES.indexOf(caller.role) < TOKEN_ROLES.indexOf(role))
    return { status: 403, reason: 'role', text: `this needs the role ${role}; the token has ${caller.role}` };
  return undefined;
}

const WINDOW_MS = 60_000;
const MAX_FAILURES = 10;
const MAX_ADDRESSES = 10_000;

/** Counts tokens that nobody has, per address: ten in a minute, then the address waits. */
export function createFailures(): { blocked(address: string, now: number): boolean; failed(address: string, now: number): void } {
  const byAddress = new Map<string, number[]>();
  const recent = (address: string, now: number): number[] => (byAddress.get(address) ?? []).filter((at) => now - at < WINDOW_MS);
  return {
    blocked: (address, now) => recent(address, now).length >= MAX_FAILURES,
    failed(address, now) {
      const list = [...recent(address, now), now].slice(-MAX_FAILURES);
      byAddress.delete(address);
      byAddress.set(address, list);
      // The one that was heard of longest ago makes room.
      for (const oldest of byAddress.keys()) {
        if (byAddress.size <= MAX_ADDRESSES) break;
        byAddress.delete(oldest);
      }
    },
  };
}
