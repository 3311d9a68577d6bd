import type { Admin, Consumer } from 'kafkajs';
import type { Handover } from '../handover.ts';
import type { Batch, Positions } from '../source.ts';
import type { Numbering } from './numbering.ts';

type Log = { readonly topic: string; readonly low: bigint; readonly high: bigint };

/** On every assignment: the engine's position, checked against what the log still holds. */
export function createAssignment(
  reader: Consumer,
  admin: Admin,
  numbering: Numbering,
  positions: Positions,
  expected: Map<string, bigint>,
  handover: Handover<Batch>,
) {
  return async (assignment: Readonly<Record<string, readonly number[]>>): Promise<void> => {
    for (const [topic, partitions] of Object.entries(assignment)) {
      const logs = await admin.fetchTopicOffsets(topic);
      for (const partition of partitions) {
        const log = logs.find((one) => one.partition === partition);
        const number = numbering.numberOf(topic, partition);
        const wanted = expected.get(`${partition}/${topic}`) ?? positions.get(number) ?? 0n;
        const { at, gap } = startOf({ topic, low: BigInt(log?.low ?? 0), high: BigInt(log?.high ?? 0) }, wanted, positions.has(number));
        expected.set(`${partition}/${topic}`, at);
        reader.seek({ topic, partition, offset: String(at) });
        if (gap !== undefined) void handover.give({ partition: number, records: [], gap, next: at });
      }
    }
  };
}

/** Where to start, and what is missing before it: records that retention removed, or a log that was cut. */
function startOf({ low, high }: Log, wanted: bigint, known: boolean): { readonly at: bigint; readonly gap?: NonNullable<Batch['gap']> } {
  if (wanted < low) return known || wanted > 0n ? { at: low, gap: { from: wanted, to: low, cause: 'expired' } } : { at: low };
  if (wanted > high) return { at: high, gap: { from: high, to: wanted, cause: 'truncated' } };
  return { at: wanted };
}
