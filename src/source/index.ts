import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { createFileSource } from './file.ts';
import { createKafkaSource } from './kafka.ts';
import type { PartitionRegister } from './register.ts';
import type { SourceSettings } from './settings.ts';
import type { Source } from './source.ts';
import { createStdinSource } from './stdin.ts';

export type SourceDeps = { readonly clock: Clock; readonly logger: Logger; readonly register: PartitionRegister };

/** Every kind of source; the compiler rejects one that is configured but never built. */
export function createSource(settings: SourceSettings, { clock, logger, register }: SourceDeps): Source {
  switch (settings.kind) {
    case 'file':
      return createFileSource(settings, clock, register);
    case 'kafka':
      return createKafkaSource(settings, logger, register);
    case 'stdin':
      return createStdinSource(settings, clock);
  }
}
