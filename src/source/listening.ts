import type { Clock } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Inbox, Received, Taken } from './inbox.ts';
import type { Address } from './listen-settings.ts';
import type { Source } from './source.ts';

const RECORDS_PER_BATCH = 500;

/** Where a listener puts what it receives. */
export type Intake = {
  /** Resolves when the record is durable, or says why it was not taken. */
  take(received: Received): Promise<Taken | 'failed'>;
  /** For senders that cannot be told: what was not taken is a gap. */
  lose(count: number): void;
};

/** `address`: where it listens; with port 0 the system chose. */
export type Listener = { readonly address: Address; close(): Promise<void> };

export type ListeningParts = {
  readonly name: string;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Begins to accept; throws WardlineError when the address cannot be had. */
  readonly listen: (intake: Intake) => Promise<Listener>;
};

/**
 * A source that others send to. What arrives in one turn of the event loop is stored in one transaction before any of its
 * senders is answered; the reader takes it from the inbox as from a log.
 */
export function createListeningSource({ name, inbox, logger, listen }: ListeningParts): Source {
  let listener: Listener | undefined;
  let wake = (): void => {};
  const intake = createIntake(inbox, logger, name, () => wake());
  const close = async (): Promise<void> => {
    const open = listener;
    listener = undefined;
    await open?.close();
  };
  return {
    name,
    async *batches(positions, signal) {
      let next = positions.get(0) ?? 0n;
      const opened = await listen(intake);
      listener = opened;
      logger.info({ source: name, host: opened.address.host, port: opened.address.port }, 'listening');
      try {
        while (!signal.aborted) {
          const records = inbox.read(next, RECORDS_PER_BATCH).map((record) => ({ ...record, source: name, partition: 0 }));
          const until = records[0]?.offset ?? inbox.head();
          if (until > next) yield { partition: 0, records: [], gap: { from: next, to: until, cause: 'refused' }, next: until };
          next = until;
          const whole = denseStart(records);
          if (whole.length === 0) {
            await new Promise<void>((resolve) => {
              wake = resolve;
              if (inbox.head() > next || signal.aborted) resolve();
              signal.addEventListener('abort', () => resolve(), { once: true });
            });
            continue;
          }
          yield { partition: 0, records: whole };
          next += BigInt(whole.length);
        }
      } finally {
        await close();
      }
    },
    async commit(positions) {
      const position = positions.get(0);
      if (position !== undefined) inbox.release(position);
    },
    behind: async (positions) => inbox.head() - (positions.get(0) ?? 0n),
    close,
  };
}

/** Records up to the first number that is missing. */
function denseStart<T extends { readonly offset: bigint }>(records: readonly T[]): readonly T[] {
  const first = records[0]?.offset ?? 0n;
  const hole = records.findIndex(({ offset }, i) => offset !== first + BigInt(i));
  return hole < 0 ? records : records.slice(0, hole);
}

function createIntake(inbox: Inbox, logger: Logger, name: string, onStored: () => void): Intake {
  let waiting: { readonly received: Received; readonly answer: (taken: Taken | 'failed') => void }[] = [];
  let lost = 0;
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    let outcomes: readonly (Taken | 'failed')[];
    try {
      outcomes = inbox.append(batch.map(({ received }) => received));
    } catch (error) {
      logger.error({ source: name, error: messageOf(error) }, 'what was received cannot be stored; senders are told to come back');
      outcomes = batch.map(() => 'failed');
    }
    batch.forEach(({ answer }, i) => void answer(outcomes[i] ?? 'failed'));
    onStored();
  };
  return {
    take: (received) =>
      new Promise((answer) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ received, answer });
      }),
    lose(count) {
      inbox.lose(count);
      if (lost === 0)
        logger.error({ source: name }, 'the inbox is full: records from senders that cannot be told are lost; each is counted in a gap');
      lost += count;
      onStored();
    },
  };
}
