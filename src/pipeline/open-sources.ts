import { resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { REPEAT_WINDOW_MS } from '../source/inbox.ts';
import { createSource } from '../source/index.ts';
import type { Source } from '../source/source.ts';
import type { Store } from '../store/store.ts';
import type { Meters } from './meters.ts';

export type OpenSourcesDeps = {
  readonly store: Store;
  readonly baseDir: string;
  readonly meters: Meters;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The sources of the settings, with partitions and inboxes in the store. */
export function openSources(settings: Settings, { store, baseDir, meters, clock, logger }: OpenSourcesDeps): readonly Source[] {
  return settings.sources.map((source) =>
    createSource(source.kind === 'file' ? { ...source, path: resolve(baseDir, source.path) } : source, {
      clock,
      logger,
      register: store.partitions.of(source.name),
      inboxOf(name, maxBytes) {
        const inbox = store.inbox.of(name, { maxBytes, repeatWindowMs: REPEAT_WINDOW_MS });
        return {
          ...inbox,
          append(entries) {
            const outcomes = inbox.append(entries);
            meters.inbox(name, outcomes);
            return outcomes;
          },
        };
      },
    }),
  );
}
