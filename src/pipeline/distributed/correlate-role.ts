import { randomBytes } from 'node:crypto';
import { createPartitionCheckpoints } from '../../transport/checkpoints.ts';
import { createKafkaKeyedLog } from '../../transport/kafka-log.ts';
import { tellNote } from '../tell-note.ts';
import { correlateWorker } from './correlate.ts';
import { type Deployment, subscribe } from './deployment.ts';

/** Reads the matches, with a checkpoint per partition. */
export function correlateRole(deployment: Deployment): Promise<void> {
  const { settings, transport, names, kafka, clock, logger, rulesets, facts, observed, lossesAfter, meters, writerTo } = deployment;
  const checkpoints = writerTo(names.checkpoints, transport.partitions);
  const worker = correlateWorker({
    rulesets,
    alerts: writerTo(names.alerts, transport.partitions),
    checkpoints: createPartitionCheckpoints(createKafkaKeyedLog(kafka, names.checkpoints, checkpoints), () =>
      randomBytes(4).toString('hex'),
    ),
    clock,
    logger,
    say(note) {
      meters.note(note);
      tellNote(note, logger);
    },
    losses: lossesAfter,
    acted: ({ action }) => meters.action(action),
    evidence: {
      facts,
      ofAlert: (alert) => observed((witness) => witness.alerts([alert])),
      ofNote: (note) => observed((witness) => witness.note(note)),
      ofAction: ({ action, before, after }) => observed((witness) => witness.action(action, before, after.document)),
    },
    every: { records: settings.engine.checkpointEvery, ms: Number(settings.engine.checkpointInterval / 1_000_000n) },
  });
  return subscribe(deployment, { topic: names.matches, groupId: `${transport.prefix}-correlate`, worker, stage: 'correlate' });
}
