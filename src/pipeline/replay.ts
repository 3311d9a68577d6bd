import type { RawRecord } from '../event/raw-record.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { AlertDocument } from '../sink/sink.ts';
import type { DeadLetterStore } from '../store/dead-letters.ts';
import type { Engine } from './engine.ts';

const RECORDS_PER_TURN = 100;
/** A registry that does not answer for this long is asked again in the next turn. */
const PREPARE_MS = 5000;

export type ReplayDeps = {
  readonly letters: DeadLetterStore;
  readonly engine: Pick<Engine, 'replay'>;
  readonly logger: Logger;
  /** By source, what its records need beside their bytes; a source that is not here is not configured any more. */
  readonly preparers: ReadonlyMap<string, (records: readonly RawRecord[], signal: AbortSignal) => Promise<readonly RawRecord[]>>;
};

/** One turn: dead letters that somebody asked for are read again with the readers and settings of today. */
export function createReplay({ letters, engine, logger, preparers }: ReplayDeps): () => Promise<readonly AlertDocument[]> {
  const strangers = new Set<string>();
  return async () => {
    const alerts: AlertDocument[] = [];
    const requested = letters.requested(RECORDS_PER_TURN);
    for (const [source, records] of Map.groupBy(requested, (record) => record.source)) {
      const prepare = preparers.get(source);
      if (prepare === undefined) {
        if (!strangers.has(source))
          logger.warn({ source, records: records.length }, 'dead letters wait for a source that is not configured');
        strangers.add(source);
        continue;
      }
      try {
        const outcome = engine.replay(await prepare(records, AbortSignal.timeout(PREPARE_MS)));
        alerts.push(...outcome.alerts);
        logger.info({ source, records: records.length, read: outcome.read, alerts: outcome.alerts.length }, 'dead letters were read again');
      } catch (error) {
        logger.warn({ source, error: messageOf(error) }, 'dead letters cannot be read again now; they stay requested');
      }
    }
    return alerts;
  };
}
