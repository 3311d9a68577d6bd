import type { TlsOptions } from 'node:tls';
import type { Secret } from '../shared/secret.ts';

export type ServerTls = { readonly cert: string; readonly key: Secret; readonly clientCa?: string | undefined };

export function tlsOptions({ cert, key, clientCa }: ServerTls): TlsOptions {
  return {
    cert,
    key: key.reveal(),
    minVersion: 'TLSv1.2',
    ...(clientCa === undefined ? {} : { ca: [clientCa], requestCert: true, rejectUnauthorized: true }),
  };
}
