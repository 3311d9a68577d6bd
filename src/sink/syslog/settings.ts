import { z } from 'zod';
import { secretText } from '../../shared/secret.ts';
import { sinkName } from '../sink-name.ts';
import { updatesSetting } from '../updates.ts';

/** Facility codes of RFC 5424, section 6.2.1, that are for programs such as this one. */
export const FACILITIES = {
  auth: 4,
  authpriv: 10,
  audit: 13,
  alert: 14,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

export const syslogSinkSettings = z.strictObject({
  kind: z.literal('syslog'),
  name: sinkName,
  host: z.string().min(1).max(253).describe('The receiver.'),
  port: z.int().min(1).max(65_535).default(6514).describe('Its port.'),
  transport: z.enum(['tls', 'tcp']).default('tls').describe('tls: RFC 5425. tcp: RFC 6587, octet counting; anyone on the way reads it.'),
  ca: z.string().optional().describe('PEM text of the authority that signed the receiver’s certificate.'),
  cert: z.string().optional().describe('PEM text of our certificate, for mutual TLS.'),
  key: secretText.optional().describe('PEM text of the key of cert.'),
  facility: z
    .enum(Object.keys(FACILITIES) as [keyof typeof FACILITIES, ...(keyof typeof FACILITIES)[]])
    .default('local0')
    .describe('Facility of the messages (RFC 5424).'),
  hostname: z
    .string()
    .regex(/^[!-~]{1,255}$/, { error: 'printable ASCII without spaces, at most 255' })
    .default('-')
    .describe('HOSTNAME of the messages.'),
  message: z.enum(['text', 'json']).default('text').describe('text: one sentence. json: the whole alert document.'),
  updates: updatesSetting,
});
export type SyslogSinkSettings = z.infer<typeof syslogSinkSettings>;
