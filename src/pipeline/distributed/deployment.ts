import { randomBytes } from 'node:crypto';
import type { Settings, TransportSettings } from '../../config/settings.ts';
import type { LedgerObservation } from '../../evidence/observation.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { createKafkaClient } from '../../transport/kafka-client.ts';
import type { ClosableWriter } from '../../transport/kafka-log.ts';
import { createKafkaSubscription } from '../../transport/kafka-subscription.ts';
import type { Worker } from '../../transport/port.ts';
import type { Board } from '../board.ts';
import type { Losses } from '../losses.ts';
import type { Meters } from '../meters.ts';
import type { Witness } from '../witness.ts';
import type { Rulesets } from './rulesets.ts';
import type { topicsOf } from './topics.ts';
import type { WatchedStage } from './watched.ts';

/** What the roles of one process share: its connection, its topics, and where it tells what it does. */
export type Deployment = {
  readonly settings: Settings;
  readonly transport: TransportSettings;
  readonly names: ReturnType<typeof topicsOf>;
  readonly kafka: ReturnType<typeof createKafkaClient>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly board: Board;
  readonly meters: Meters;
  readonly rulesets: Rulesets;
  readonly matches: ClosableWriter;
  readonly deadLetters: ClosableWriter;
  readonly facts: ClosableWriter;
  readonly observed: (tell: (witness: Witness) => void) => readonly LedgerObservation[];
  readonly lossesAfter: Losses['after'];
  readonly writerTo: (topic: string, partitions: number) => ClosableWriter;
  readonly stageOf: (stage: string) => WatchedStage;
  /** Aborted when the process is to end. */
  readonly stop: AbortSignal;
};

type Subscription = {
  readonly topic: string;
  readonly groupId: string;
  readonly worker: Worker;
  /** By which name people see it. */
  readonly stage: string;
  /** Where the topic is, if that is not where the stages are. */
  readonly from?: Deployment['kafka'];
};

/** A worker over the partitions of a topic that the group gives this process, until the process ends. */
export function subscribe(
  { kafka, transport, logger, stageOf, stop }: Deployment,
  { topic, groupId, worker, stage: name, from = kafka }: Subscription,
): Promise<void> {
  const stage = stageOf(name);
  const sessionTimeoutMs = Number(transport.sessionTimeout / 1_000_000n);
  return createKafkaSubscription(from, { topic, groupId, sessionTimeoutMs, logger, onJoin: stage.joined }).run(stage.watch(worker), stop);
}

/** The name of a group of this process alone: who keeps a store reads all there is. */
export const groupOfItsOwn = (prefix: string, role: string): string => `${prefix}-${role}-${randomBytes(6).toString('hex')}`;

export const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));
