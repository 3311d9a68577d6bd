import { createHash } from 'node:crypto';
import type { Logger } from '../../shared/logger.ts';
import { at } from '../../shared/nested.ts';
import { createKafkaClient } from '../../transport/kafka-client.ts';
import { createKafkaWriter } from '../../transport/kafka-writer.ts';
import type { AlertDocument, Delivery, Sink } from '../sink.ts';
import { untilAborted } from '../until-aborted.ts';
import type { KafkaSinkSettings } from './settings.ts';

/**
 * Alert documents on a topic. The key is the alert, so that its steps lie in one partition in order; header `id` is the
 * id of the step, the same when it is written again.
 */
export function createKafkaSink(settings: KafkaSinkSettings, logger: Logger): Sink {
  const { name, topic } = settings;
  const writer = createKafkaWriter(createKafkaClient(`sink ${name}`, settings, logger));
  let partitions: number | undefined;

  const write = async (alerts: readonly AlertDocument[], signal: AbortSignal): Promise<readonly Delivery[]> => {
    partitions ??= await writer.partitionsOf(topic);
    const outcomes = new Map<string, Delivery>();
    for (const [partition, part] of byPartition(alerts, partitions)) {
      if (signal.aborted) break;
      for (const one of await append(partition, part)) outcomes.set(one.id, one);
    }
    return alerts.map(({ id }) => outcomes.get(id) ?? { id, outcome: 'retry', reason: 'not tried' });
  };

  const append = async (partition: number, alerts: readonly AlertDocument[]): Promise<readonly Delivery[]> => {
    const appended = await writer.append(topic, partition, alerts.map(recordOf));
    if (appended === 'written') return alerts.map(({ id }) => ({ id, outcome: 'stored' }));
    if (appended.problem === 'failed') {
      // The topic may have got partitions, or may be gone.
      partitions = undefined;
      return alerts.map(({ id }) => ({ id, outcome: 'retry', reason: appended.reason }));
    }
    const middle = alerts.length >> 1;
    if (middle === 0) return alerts.map(({ id }) => ({ id, outcome: 'rejected', reason: appended.reason }));
    return [...(await append(partition, alerts.slice(0, middle))), ...(await append(partition, alerts.slice(middle)))];
  };

  return {
    name,
    write: (alerts, signal) => (alerts.length === 0 ? Promise.resolve([]) : untilAborted(name, signal, () => write(alerts, signal))),
    close: writer.close,
  };
}

const alertOf = ({ id, document }: AlertDocument): string => String(at(document, 'wardline.alert.id') ?? id);

function recordOf(alert: AlertDocument) {
  const { id, document } = alert;
  const stage = String(at(document, 'wardline.alert.stage') ?? '');
  return { key: alertOf(alert), value: JSON.stringify(document), headers: { id, stage, 'content-type': 'application/json' } };
}

/** Our own hash: the partitioners of clients differ, and a change of one would put steps of an alert out of order. */
function byPartition(alerts: readonly AlertDocument[], partitions: number): ReadonlyMap<number, readonly AlertDocument[]> {
  const found = new Map<number, AlertDocument[]>();
  for (const alert of alerts) {
    const partition = createHash('sha256').update(alertOf(alert)).digest().readUInt32BE(0) % partitions;
    const part = found.get(partition);
    if (part === undefined) found.set(partition, [alert]);
    else part.push(alert);
  }
  return found;
}
