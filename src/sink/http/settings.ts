import { z } from 'zod';
import { Secret, secretText } from '../../shared/secret.ts';
import { plainUrl } from '../plain-url.ts';

/** A header's own words only: nothing that could begin another header, nothing that the sink sets itself. */
const headerName = z
  .string()
  .regex(/^(?!(?:host|content-length|content-type|transfer-encoding|connection|webhook-)\b)[A-Za-z][A-Za-z0-9-]{0,63}$/i, {
    error: 'letters, digits and dashes; content-type, host, connection and webhook-* are set by the sink',
  });
/** Headers that carry secrets: what stands in them must come from outside the file. */
const SECRET_HEADER = /auth|token|key|secret|cookie|password/i;
const headerText = z.string().regex(/^[\t\u0020-\u007e]*$/, { error: 'printable ASCII on one line' });

/** What every sink that speaks HTTP has. */
export const httpSettings = {
  url: z.union([plainUrl, secretText]).describe('Where the calls go; it counts as a secret and is never shown.'),
  headers: z
    .record(headerName, z.union([headerText, secretText]))
    .superRefine((headers, context) => {
      for (const [name, value] of Object.entries(headers)) {
        if (typeof value === 'string' && SECRET_HEADER.test(name))
          context.addIssue({
            code: 'custom',
            path: [name],
            message: 'a secret is never written out here; write ${env:NAME} or ${file:/path}',
          });
      }
    })
    .default({})
    .describe('More headers, such as authorization: ${env:NAME}.'),
  insecure: z.boolean().default(false).describe('Allow http.'),
  allowPrivate: z.boolean().default(false).describe('Allow receivers on private, loopback and link-local addresses.'),
  ca: z.string().optional().describe('PEM text of the authority that signed the receiver’s certificate.'),
  cert: z.string().optional().describe('PEM text of our certificate, for mutual TLS.'),
  key: secretText.optional().describe('PEM text of the key of cert.'),
};

export type HttpSettings = {
  readonly name: string;
  readonly url: string | Secret;
  readonly headers: Readonly<Record<string, string | Secret>>;
  readonly insecure: boolean;
  readonly allowPrivate: boolean;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: Secret | undefined;
};

/** The text of a setting that may be a secret. */
export const plainText = (value: string | Secret): string => (value instanceof Secret ? value.reveal() : value);
