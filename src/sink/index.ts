import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { createConsoleSink } from './console.ts';
import { createElasticsearchSink } from './elasticsearch.ts';
import type { SinkSettings } from './settings.ts';
import type { Sink } from './sink.ts';
import { createWebhookSink } from './webhook/index.ts';

export type SinkDeps = { readonly clock: Clock; readonly logger: Logger; readonly write: (text: string) => void };

/** Every kind of sink; the compiler rejects one that is configured but never built. */
export function createSink(settings: SinkSettings, { clock, logger, write }: SinkDeps): Sink {
  switch (settings.kind) {
    case 'console':
      return createConsoleSink(settings, write);
    case 'elasticsearch':
      return createElasticsearchSink(settings, logger);
    case 'webhook':
      return createWebhookSink(settings, clock);
  }
}
