import { type ActionStore, createActionStore } from './actions.ts';
import { type AlertStore, createAlertStore } from './alerts.ts';
import { type AttestationStore, createAttestationStore } from './attestations.ts';
import { type CheckpointStore, createCheckpointStore } from './checkpoints.ts';
import { createDeadLetterStore, type DeadLetterStore } from './dead-letters.ts';
import { createInboxStore, type InboxStore } from './inbox.ts';
import { createLedgerStore, type LedgerStore } from './ledger.ts';
import { createNotificationStore, type NotificationStore } from './notifications.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createPartitionStore, type PartitionStore } from './partitions.ts';
import { createReducerStore, type ReducerStore } from './reducers.ts';
import { createSilenceStore, type SilenceStore } from './silences.ts';
import { type Database, type OpenOptions, openDatabase } from './sqlite.ts';

/** Everything the engine must not lose, in one sqlite file. */
export type Store = {
  readonly checkpoints: CheckpointStore;
  readonly alerts: AlertStore;
  readonly outbox: Outbox;
  readonly actions: ActionStore;
  readonly notifications: NotificationStore;
  readonly reducers: ReducerStore;
  readonly deadLetters: DeadLetterStore;
  readonly ledger: LedgerStore;
  /** These only in a store that was opened to be written. */
  readonly attestations: AttestationStore;
  readonly silences: SilenceStore;
  readonly partitions: PartitionStore;
  readonly inbox: InboxStore;
  transaction<T>(work: () => T): T;
  close(): void;
};

export function openStore(path: string, options: OpenOptions = {}): Store {
  return storeOver(openDatabase(path, options));
}

/** The same over an open database. */
export function storeOver(database: Database): Store {
  let partitions: PartitionStore | undefined;
  let inbox: InboxStore | undefined;
  let silences: SilenceStore | undefined;
  let attestations: AttestationStore | undefined;
  return {
    get partitions() {
      partitions ??= createPartitionStore(database);
      return partitions;
    },
    get inbox() {
      inbox ??= createInboxStore(database);
      return inbox;
    },
    get attestations() {
      attestations ??= createAttestationStore(database);
      return attestations;
    },
    get silences() {
      silences ??= createSilenceStore(database);
      return silences;
    },
    checkpoints: createCheckpointStore(database),
    alerts: createAlertStore(database),
    outbox: createOutbox(database),
    actions: createActionStore(database),
    notifications: createNotificationStore(database),
    reducers: createReducerStore(database),
    deadLetters: createDeadLetterStore(database),
    ledger: createLedgerStore(database),
    transaction: (work) => database.transaction(work),
    close: () => database.close(),
  };
}
