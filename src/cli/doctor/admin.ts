import { createServer } from 'node:net';
import type { AdminSettings } from '../../config/admin-settings.ts';
import { messageOf } from '../../shared/errors.ts';
import { type Address, parseAddress } from '../../source/listen-settings.ts';
import { type Finding, fail, ok } from './finding.ts';

const TIMEOUT_MS = 2000;

/** The admin port: can a run open it. One that an engine has already is taken, but no fault. */
export async function adminFindings(admin: AdminSettings | undefined): Promise<readonly Finding[]> {
  if (admin === undefined) return [];
  const { host, port } = parseAddress(admin.listen) as Address;
  const fault = await triedToListen(host, port);
  if (fault === undefined) return [ok('admin', `${admin.listen} is free`)];
  if (fault.code === 'EADDRINUSE' && (await isWardline(host, port, admin.tls !== undefined)))
    return [ok('admin', `${admin.listen}: an engine answers there; a second one needs another address`)];
  const detail = fault.code === 'EADDRINUSE' ? `${admin.listen} is taken by another program` : `${admin.listen}: ${messageOf(fault)}`;
  return [fail('admin', detail, 'stop what listens there, or choose another address for "admin.listen"')];
}

function triedToListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

/** Does the header that every answer of an admin port has come from there? */
async function isWardline(host: string, port: number, tls: boolean): Promise<boolean> {
  const name = host.includes(':') ? `[${host}]` : host;
  try {
    const { headers } = await fetch(`${tls ? 'https' : 'http'}://${name}:${port}/livez`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return (headers.get('content-security-policy') ?? '').includes('require-trusted-types-for');
  } catch (error) {
    // A certificate that this process does not trust was shown by something that speaks TLS, as the engine would.
    return tls && String((error as { cause?: { code?: unknown } }).cause?.code).includes('CERT');
  }
}
