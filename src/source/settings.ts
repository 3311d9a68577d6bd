import { z } from 'zod';
import { FORM_NAMES } from '../decode/forms.ts';
import { isZone } from '../event/zone-shift.ts';
import { formats } from '../normalize/index.ts';
import { compileRegex } from '../shared/regex.ts';
import { secretText } from '../shared/secret.ts';
import { kafkaConnectionSettings } from '../transport/kafka-settings.ts';
import { guardListener, inboxBytes, listenAddress, senderList, serverTls } from './listen-settings.ts';

function isRegex(pattern: string): boolean {
  try {
    compileRegex(pattern, '');
    return true;
  } catch {
    return false;
  }
}

/** Settings every source has. */
const common = {
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, { error: 'letters, digits, dot, dash and underscore, at most 100' })
    .describe('Names the source in alerts, evidence and positions; do not change it later.'),
  format: z
    .enum(formats.map(({ name }) => name) as [string, ...string[]])
    .optional()
    .describe('One log format; left out, each event is recognised by its content.'),
  logsource: z
    .strictObject({
      category: z.string().toLowerCase().optional().describe('For example process_creation.'),
      product: z.string().toLowerCase().optional().describe('For example windows.'),
      service: z.string().toLowerCase().optional().describe('For example security.'),
    })
    .optional()
    .describe('The Sigma log source of everything here, in place of what the format says.'),
  timezone: z
    .string()
    .refine(isZone, { error: 'no time zone; write a name such as Europe/Berlin or UTC, or an offset such as +02:00' })
    .optional()
    .describe('IANA zone of local times without one, for example Europe/Berlin.'),
  original: z
    .enum(['always', 'unparsed', 'never'])
    .optional()
    .describe(
      'Which events keep their text as event.original (the first 64 KiB): all (so it is when left out), those of no known format, or none.',
    ),
};

export const fileSourceSettings = z.strictObject({
  kind: z.literal('file'),
  ...common,
  path: z.string().min(1).describe('A file or a folder (read recursively); .gz and .zst are unpacked.'),
  mode: z.enum(['once', 'follow']).default('once').describe('once: read to the end; follow: go on as the files grow and rotate.'),
});

export const kafkaSourceSettings = z
  .strictObject({
    kind: z.literal('kafka'),
    ...common,
    ...kafkaConnectionSettings,
    topics: z.array(z.string().min(1)).default([]).describe('Topics by name; all of them have to be there.'),
    topicPattern: z
      .string()
      .min(1)
      .refine(isRegex, { error: 'not a regular expression of RE2' })
      .optional()
      .describe('Every topic whose name this regular expression (RE2) finds something in, also those that come later.'),
    groupId: z.string().min(1).default('wardline').describe('The consumer group; members share the partitions, lag is shown under it.'),
    encoding: z
      .enum(['auto', ...FORM_NAMES])
      .default('auto')
      .describe('What the values are; auto asks the bytes. Name it where a topic holds protobuf.'),
    schemaRegistry: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }).describe('Address of a registry with the API of the Confluent Schema Registry.'),
        username: z.string().min(1).optional().describe('Who signs in at the registry.'),
        password: secretText.optional().describe('The password of the user.'),
        ca: z.string().min(1).optional().describe('Authority of its certificate, PEM text.'),
      })
      .optional()
      .describe('Where the schemas of Avro values are.'),
  })
  .refine(({ topics, topicPattern }) => topics.length > 0 || topicPattern !== undefined, {
    path: ['topics'],
    error: 'name topics or give topicPattern',
  });

export const stdinSourceSettings = z.strictObject({ kind: z.literal('stdin'), ...common });

export const otlpHttpSourceSettings = z
  .strictObject({
    kind: z.literal('otlp-http'),
    ...common,
    listen: listenAddress('127.0.0.1:4318'),
    tls: serverTls.optional(),
    token: secretText.optional().describe('Senders show it as "authorization: Bearer ...".'),
    maxBodyBytes: z
      .int()
      .min(1024)
      .max(16 * 1024 * 1024)
      .default(8 * 1024 * 1024)
      .describe('The largest body as it comes; a larger one is answered 413.'),
    inboxBytes,
  })
  .superRefine((settings, context) => guardListener(settings, context, 'tls with token or tls.clientCa'));

export const httpSourceSettings = z
  .strictObject({
    kind: z.literal('http'),
    ...common,
    listen: listenAddress('127.0.0.1:8686'),
    path: z
      .string()
      .regex(/^\/[\w./-]{0,200}$/, { error: 'a path: a slash, then letters, digits, dot, dash, underscore and slashes' })
      .default('/')
      .describe('Where senders post to; nothing else is received.'),
    tls: serverTls.optional(),
    token: secretText.optional().describe('Senders show it as "authorization: Bearer ...".'),
    maxBodyBytes: z
      .int()
      .min(1024)
      .max(1024 * 1024)
      .default(1024 * 1024)
      .describe('The largest body; a larger one is answered 413.'),
    inboxBytes,
  })
  .superRefine((settings, context) => guardListener(settings, context, 'tls with token or tls.clientCa'));

export const syslogSourceSettings = z
  .strictObject({
    kind: z.literal('syslog'),
    ...common,
    transport: z
      .enum(['udp', 'tcp', 'tls'])
      .default('udp')
      .describe('udp loses messages under load and nobody is told; tcp and tls slow their senders.'),
    listen: listenAddress('127.0.0.1:5514'),
    tls: serverTls.optional(),
    senders: senderList,
    inboxBytes,
  })
  .superRefine((settings, context) => {
    if ((settings.transport === 'tls') !== (settings.tls !== undefined))
      context.addIssue({ code: 'custom', path: ['transport'], message: 'transport tls and the setting tls go together' });
    guardListener(settings, context, 'transport tls with tls.clientCa, or senders');
  });

export const snmpSourceSettings = z
  .strictObject({
    kind: z.literal('snmp'),
    ...common,
    listen: listenAddress('127.0.0.1:10162'),
    communities: z.array(secretText).default([]).describe('Communities of versions 1 and 2c that are taken; they are sent as they are.'),
    users: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(32).describe('The user.'),
          auth: z.enum(['sha', 'sha256', 'sha512']).default('sha256').describe('The hash that signs.'),
          authKey: secretText.describe('The key that signs.'),
          priv: z.literal('aes').default('aes').describe('The cipher: AES-128.'),
          privKey: secretText.describe('The key that enciphers.'),
        }),
      )
      .default([])
      .describe('Users of version 3, whose messages are signed and enciphered.'),
    names: z.record(z.string(), z.string()).default({}).describe('Names of notifications by object identifier.'),
    senders: senderList,
    inboxBytes,
  })
  .superRefine((settings, context) => {
    const { communities, users } = settings;
    if (communities.length + users.length === 0)
      context.addIssue({ code: 'custom', path: ['communities'], message: 'give communities or users: without any nothing would be taken' });
    // Users of version 3 show who they are.
    if (communities.length > 0) guardListener(settings, context, 'users of version 3 alone, or senders');
  });

export const sourceSettings = z.discriminatedUnion('kind', [
  fileSourceSettings,
  kafkaSourceSettings,
  stdinSourceSettings,
  otlpHttpSourceSettings,
  httpSourceSettings,
  syslogSourceSettings,
  snmpSourceSettings,
]);
export type SourceSettings = z.infer<typeof sourceSettings>;
export type FileSourceSettings = z.infer<typeof fileSourceSettings>;
export type KafkaSourceSettings = z.infer<typeof kafkaSourceSettings>;
export type StdinSourceSettings = z.infer<typeof stdinSourceSettings>;
export type OtlpHttpSourceSettings = z.infer<typeof otlpHttpSourceSettings>;
export type HttpSourceSettings = z.infer<typeof httpSourceSettings>;
export type SyslogSourceSettings = z.infer<typeof syslogSourceSettings>;
export type SnmpSourceSettings = z.infer<typeof snmpSourceSettings>;
