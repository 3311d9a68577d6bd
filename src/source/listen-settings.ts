import { z } from 'zod';
import { secretText } from '../shared/secret.ts';
import { isNetwork } from './senders.ts';

/** `127.0.0.1:4318`, `[::1]:4318`, `0.0.0.0:4318`. */
const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):(\d{1,5})$/;

export type Address = { readonly host: string; readonly port: number };

export function parseAddress(text: string): Address | undefined {
  const m = ADDRESS.exec(text);
  const port = Number(m?.[3]);
  return m === null || port > 65_535 ? undefined : { host: (m[1] ?? m[2]) as string, port };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

export const listenAddress = (standard: string) =>
  z
    .string()
    .refine((text) => parseAddress(text) !== undefined, { error: 'write host:port, for example 127.0.0.1:4318 or [::1]:4318' })
    .default(standard)
    .describe('Where to listen, host:port. Port 0 takes a free one.');

export const serverTls = z
  .strictObject({
    cert: z.string().min(1).describe('Certificate chain, PEM text: ${file:/path}.'),
    key: secretText.describe('Private key, PEM text: ${file:/path} or ${env:NAME}.'),
    clientCa: z.string().min(1).optional().describe('Only senders with a certificate of this authority (PEM text) are let in.'),
  })
  .describe('TLS of the listener.');

export const inboxBytes = z
  .int()
  .min(1024 * 1024)
  .default(256 * 1024 * 1024)
  .describe('How many bytes may wait for a checkpoint before senders are turned away.');

export const senderList = z
  .array(z.string().refine(isNetwork, { error: 'write an address or a network, for example 10.0.0.0/8' }))
  .min(1)
  .optional()
  .describe('Only these addresses and networks may send; others are turned away.');

type Guarded = {
  readonly listen: string;
  readonly tls?: { readonly clientCa?: string | undefined } | undefined;
  readonly token?: unknown;
  readonly senders?: readonly string[] | undefined;
};

/**
 * Anybody who reaches an open port can write events: beyond this host a listener takes TLS and a sender who shows who it
 * is, or, where the protocol has nothing of that, a list of the networks that may send.
 */
export function guardListener({ listen, tls, token, senders }: Guarded, context: z.RefinementCtx, ways: string): void {
  const address = parseAddress(listen);
  if (address === undefined || isLoopback(address.host)) return;
  if (tls !== undefined && (token !== undefined || tls.clientCa !== undefined)) return;
  if (senders !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['listen'],
    message: `${listen} can be reached from other hosts: give ${ways}, or listen at 127.0.0.1`,
  });
}
