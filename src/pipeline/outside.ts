import { DEFAULT_LIMITS, decode } from '../decode/decode.ts';
import { type Asker, createAsker } from '../detect/lookups/asker.ts';
import { createLookups, type LookupStats } from '../detect/lookups/cache.ts';
import type { Event } from '../event/event.ts';
import type { RawRecord } from '../event/raw-record.ts';
import type { Provider } from '../lookup/index.ts';
import type { Normalizer } from '../normalize/normalizer.ts';
import type { Ruleset } from '../rule/load.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';

/** Facts from outside, fetched for a batch before it enters the engine: the engine itself never waits. */
export type Outside = {
  /** Goes on with the rules of another ruleset; answers in hand are let go. */
  use(ruleset: Pick<Ruleset, 'detections'>): void;
  prepare(source: string, records: readonly RawRecord[]): Promise<void>;
  readonly take: Asker['take'];
  readonly stats: LookupStats;
  close(): Promise<void>;
};

export type OutsideDeps = {
  readonly providers: readonly Provider[];
  readonly normalizerOf: (source: string) => Normalizer;
  readonly clock: Clock;
  readonly logger: Logger;
};

export function createOutside({ providers, normalizerOf, clock, logger }: OutsideDeps): Outside {
  const lookups = createLookups(new Map(providers.map(({ name, lookup }) => [name, lookup])), clock);
  let asker = createAsker([], lookups);
  return {
    stats: lookups.stats,
    take: (detection, origin) => asker.take(detection, origin),
    use({ detections }) {
      asker = createAsker(detections, lookups);
      const named = new Set(detections.flatMap(({ asks }) => asks?.facts.map(({ name }) => name) ?? []));
      const missing = [...named].filter((name) => !providers.some((provider) => provider.name === name));
      if (missing.length > 0) logger.warn({ facts: missing }, 'the settings name no provider of these facts; asking for them fails');
    },
    async prepare(source, records) {
      const failedBefore = lookups.stats.failed;
      // Rules that were read again meanwhile ask anew: the batch is judged by them.
      for (let asked: Asker | undefined; asked !== asker; ) {
        asked = asker;
        if (asked.needed) await asked.prepare(records, (record) => eventsOf(record, normalizerOf(source)));
      }
      const failed = lookups.stats.failed - failedBefore;
      if (failed > 0) logger.warn({ source, failed }, 'facts from outside could not be had');
    },
    async close() {
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

/** A record that cannot be read is the matter of the stage that reads it for good. */
function eventsOf(record: RawRecord, normalizer: Normalizer): readonly Event[] {
  try {
    return decode(record, DEFAULT_LIMITS).documents.map((document) => normalizer.normalize(record, document));
  } catch {
    return [];
  }
}
