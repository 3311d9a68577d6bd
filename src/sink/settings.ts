import { z } from 'zod';
import { secretText } from '../shared/secret.ts';
import { alertmanagerSinkSettings } from './alertmanager/settings.ts';
import { emailSinkSettings } from './email/settings.ts';
import { kafkaSinkSettings } from './kafka/settings.ts';
import { lokiSinkSettings } from './loki/settings.ts';
import { otlpSinkSettings } from './otlp/settings.ts';
import { plainUrl } from './plain-url.ts';
import { sinkName } from './sink-name.ts';
import { snmpSinkSettings } from './snmp/settings.ts';
import { syslogSinkSettings } from './syslog/settings.ts';
import { webhookSinkSettings } from './webhook/settings.ts';

export const consoleSinkSettings = z.strictObject({
  kind: z.literal('console'),
  name: sinkName.default('console'),
  format: z.enum(['table', 'ndjson']).default('table').describe('A line for people, or the whole document.'),
});

export const elasticsearchSinkSettings = z.strictObject({
  kind: z.literal('elasticsearch'),
  name: sinkName.default('elasticsearch'),
  node: plainUrl.describe('Address of the cluster.'),
  namespace: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.]{0,49}$/, { error: 'lower-case letters, digits, dot and underscore, at most 50' })
    .default('default')
    .describe('Last part of the names of indices and data streams.'),
  apiKey: secretText.optional().describe('An API key, encoded as the server gives it.'),
  username: z.string().optional().describe('In place of a key: a user.'),
  password: secretText.optional().describe('The password of the user.'),
  ca: z.string().optional().describe('PEM text of the authority that signed the server certificate.'),
  insecure: z.boolean().default(false).describe('Allow http, or https without checking the certificate.'),
  refused: z
    .enum(['dead-letter', 'envelope'])
    .default('dead-letter')
    .describe('What becomes of a document the mapping refuses: a dead delivery, or an envelope with its text under the same id.'),
  layout: z
    .enum(['auto', 'indices', 'data-stream'])
    .default('auto')
    .describe('auto: data streams where the server has them, else an index for each month.'),
  retentionDays: z.int().min(1).default(400).describe('Alerts are deleted after this long, where the server has lifecycles.'),
});

export const sinkSettings = z.discriminatedUnion('kind', [
  consoleSinkSettings,
  elasticsearchSinkSettings,
  webhookSinkSettings,
  alertmanagerSinkSettings,
  kafkaSinkSettings,
  syslogSinkSettings,
  lokiSinkSettings,
  otlpSinkSettings,
  emailSinkSettings,
  snmpSinkSettings,
]);
export type SinkSettings = z.infer<typeof sinkSettings>;
export type ConsoleSinkSettings = z.infer<typeof consoleSinkSettings>;
export type ElasticsearchSinkSettings = z.infer<typeof elasticsearchSinkSettings>;
