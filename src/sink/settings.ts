import { z } from 'zod';
import { secretText } from '../shared/secret.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, { error: 'letters, digits, dot, dash and underscore, at most 100' })
  .describe('Names the sink in the outbox and in the evidence; do not change it later.');

export const consoleSinkSettings = z.strictObject({
  kind: z.literal('console'),
  name: name.default('console'),
  format: z.enum(['table', 'ndjson']).default('table'),
});

export const elasticsearchSinkSettings = z.strictObject({
  kind: z.literal('elasticsearch'),
  name: name.default('elasticsearch'),
  node: z.url({ protocol: /^https?$/ }),
  namespace: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.]{0,49}$/, { error: 'lower-case letters, digits, dot and underscore, at most 50' })
    .default('default'),
  apiKey: secretText.optional(),
  username: z.string().optional(),
  password: secretText.optional(),
  ca: z.string().optional().describe('PEM text of the authority that signed the server certificate.'),
  insecure: z.boolean().default(false).describe('Allow http, or https without checking the certificate.'),
});

export const webhookSinkSettings = z.strictObject({
  kind: z.literal('webhook'),
  name,
  url: z.union([z.url({ protocol: /^https?$/ }), secretText]),
  secret: secretText.optional().describe('Signing key, whsec_<base64 of 24 to 64 bytes>.'),
  previousSecret: secretText.optional().describe('The key before, while receivers change over: both signatures are sent.'),
  payload: z.enum(['standard', 'ecs', 'cloudevents']).default('standard'),
  updates: z.enum(['none', 'all']).default('all').describe('none: only newly opened alerts.'),
  insecure: z.boolean().default(false).describe('Allow http.'),
  allowPrivate: z.boolean().default(false).describe('Allow receivers on private, loopback and link-local addresses.'),
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: secretText.optional(),
});

export const sinkSettings = z.discriminatedUnion('kind', [consoleSinkSettings, elasticsearchSinkSettings, webhookSinkSettings]);
export type SinkSettings = z.infer<typeof sinkSettings>;
export type ConsoleSinkSettings = z.infer<typeof consoleSinkSettings>;
export type ElasticsearchSinkSettings = z.infer<typeof elasticsearchSinkSettings>;
export type WebhookSinkSettings = z.infer<typeof webhookSinkSettings>;
