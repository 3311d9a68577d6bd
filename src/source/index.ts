import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { createFileSource } from './file.ts';
import { createHttpSource } from './http/receiver.ts';
import type { Inbox } from './inbox.ts';
import { createKafkaSource } from './kafka.ts';
import { createOtlpHttpSource } from './otlp/receiver.ts';
import type { PartitionRegister } from './register.ts';
import { createSchemaRegistry, type SchemaRegistry } from './schema-registry.ts';
import type { SourceSettings } from './settings.ts';
import { createSnmpSource } from './snmp/index.ts';
import type { Source } from './source.ts';
import { createStdinSource } from './stdin.ts';
import { createSyslogSource } from './syslog/index.ts';

export type SourceDeps = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly register: PartitionRegister;
  /** The records received under this name that no checkpoint holds. */
  readonly inboxOf: (name: string, maxBytes: number) => Inbox;
};

/** Every kind of source; the compiler rejects one that is configured but never built. */
export function createSource(settings: SourceSettings, { clock, logger, register, inboxOf }: SourceDeps): Source {
  switch (settings.kind) {
    case 'file':
      return createFileSource(settings, clock, register, (about, text) => logger.warn(about, text));
    case 'kafka':
      return createKafkaSource(settings, logger, { register, clock, registry: registryOf(settings, { clock, logger }) });
    case 'otlp-http':
      return createOtlpHttpSource(settings, { clock, logger, inbox: inboxOf(settings.name, settings.inboxBytes) });
    case 'http':
      return createHttpSource(settings, { clock, logger, inbox: inboxOf(settings.name, settings.inboxBytes) });
    case 'syslog':
      return createSyslogSource(settings, { clock, logger, inbox: inboxOf(settings.name, settings.inboxBytes) });
    case 'snmp':
      return createSnmpSource(settings, { clock, logger, inbox: inboxOf(settings.name, settings.inboxBytes) });
    case 'stdin':
      return createStdinSource(settings, clock);
  }
}

/** The registry that a source's records need to be read, if it has one. */
export function registryOf(settings: SourceSettings, { clock, logger }: Pick<SourceDeps, 'clock' | 'logger'>): SchemaRegistry | undefined {
  if (settings.kind !== 'kafka' || settings.schemaRegistry === undefined) return undefined;
  return createSchemaRegistry(settings.schemaRegistry, { source: settings.name, clock, logger });
}
