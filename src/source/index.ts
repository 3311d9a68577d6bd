import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { createFileSource } from './file.ts';
import { createKafkaSource } from './kafka.ts';
import type { SourceSettings } from './settings.ts';
import type { Source } from './source.ts';
import { createStdinSource } from './stdin.ts';

export type SourceDeps = { readonly clock: Clock; readonly logger: Logger };

/** Every kind of source; the compiler rejects one that is configured but never built. */
export function createSource(settings: SourceSettings, { clock, logger }: SourceDeps): Source {
  switch (settings.kind) {
    case 'file':
      return createFileSource(settings, clock);
    case 'kafka':
      return createKafkaSource(settings, logger);
    case 'stdin':
      return createStdinSource(settings, clock);
  }
}
