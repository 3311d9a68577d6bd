import type { KafkaMessage } from 'kafkajs';
import { sha256Hex } from '../../shared/digest.ts';
import type { PartitionRegister } from '../register.ts';
import type { Positions } from '../source.ts';

/** One record that was taken, by which the log is known again: offsets begin anew in a topic that is made anew. */
export type Mark = { readonly offset: bigint; readonly digest: string };

export type Marks = {
  /** A record is handed over; the last two of a partition are remembered. */
  note(number: number, message: KafkaMessage): void;
  /** The newest record known to be taken below an offset. */
  below(number: number, offset: bigint): Mark | undefined;
  /** Writes down the newest records below positions that are durable. */
  save(positions: Positions): void;
};

export function createMarks(register: PartitionRegister): Marks {
  const stored = new Map([...register.marks()].map(([number, text]) => [number, parseMark(text)]));
  const taken = new Map<number, readonly KafkaMessage[]>();
  const newest = (number: number, offset: bigint): KafkaMessage | undefined =>
    taken.get(number)?.findLast((message) => BigInt(message.offset) < offset);
  return {
    note: (number, message) => void taken.set(number, [...(taken.get(number) ?? []).slice(-1), message]),
    below(number, offset) {
      const message = newest(number, offset);
      if (message !== undefined) return markOf(message);
      const mark = stored.get(number);
      return mark !== undefined && mark.offset < offset ? mark : undefined;
    },
    save(positions) {
      for (const [number, offset] of positions) {
        const message = newest(number, offset);
        if (message === undefined || stored.get(number)?.offset === BigInt(message.offset)) continue;
        const mark = markOf(message);
        stored.set(number, mark);
        register.mark(number, `${mark.offset} ${mark.digest}`);
      }
    },
  };
}

/** Is this the record of the mark? One that was compacted away says nothing: then it may be. */
export function fits(mark: Mark, first: KafkaMessage | undefined): boolean {
  return first === undefined || BigInt(first.offset) !== mark.offset || markOf(first).digest === mark.digest;
}

function markOf({ offset, timestamp, key, value }: KafkaMessage): Mark {
  const parts = [timestamp, key === null ? '' : sha256Hex(key), value === null ? '' : sha256Hex(value)];
  return { offset: BigInt(offset), digest: sha256Hex(parts.join(' ')) };
}

function parseMark(text: string): Mark {
  const [offset = '0', digest = ''] = text.split(' ');
  return { offset: BigInt(offset), digest };
}
