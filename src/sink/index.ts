import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { createAlertmanagerSink } from './alertmanager/index.ts';
import { createConsoleSink } from './console.ts';
import { createElasticsearchSink } from './elasticsearch.ts';
import { createEmailSink } from './email/index.ts';
import { createKafkaSink } from './kafka/index.ts';
import { createLokiSink } from './loki/index.ts';
import { createOtlpSink } from './otlp/index.ts';
import type { SinkSettings } from './settings.ts';
import type { Sink } from './sink.ts';
import { createSnmpSink } from './snmp/index.ts';
import { createSyslogSink } from './syslog/index.ts';
import { createWebhookSink } from './webhook/index.ts';

export type SinkDeps = { readonly clock: Clock; readonly logger: Logger; readonly write: (text: string) => void };

/** Every kind of sink; the compiler rejects one that is configured but never built. */
export function createSink(settings: SinkSettings, { clock, logger, write }: SinkDeps): Sink {
  switch (settings.kind) {
    case 'console':
      return createConsoleSink(settings, write);
    case 'elasticsearch':
      return createElasticsearchSink(settings, logger);
    case 'alertmanager':
      return createAlertmanagerSink(settings, clock);
    case 'kafka':
      return createKafkaSink(settings, logger);
    case 'syslog':
      return createSyslogSink(settings, clock);
    case 'loki':
      return createLokiSink(settings, clock);
    case 'otlp':
      return createOtlpSink(settings, clock);
    case 'email':
      return createEmailSink(settings);
    case 'snmp':
      return createSnmpSink(settings);
    case 'webhook':
      return createWebhookSink(settings, clock);
  }
}
