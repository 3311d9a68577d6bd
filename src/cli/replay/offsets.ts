import { WardlineError } from '../../shared/errors.ts';
import type { Source } from '../../source/source.ts';

/** The offset from which a partition is read; undefined: from its beginning. */
export type FromOffset = (partition: number) => bigint | undefined;

/** Reads `--from-offset`: one offset for every partition (`1200`), or each its own (`0:1200,3:80`). Throws `usage`. */
export function fromOffsetOf(text: string | undefined): FromOffset | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(',').map((part) => /^(?:(\d{1,9}):)?(\d{1,19})$/.exec(part.trim()));
  const single = parts.length === 1 && parts[0]?.[1] === undefined;
  if (parts.some((part) => part === null || (!single && part[1] === undefined)))
    throw new WardlineError('usage', `--from-offset takes an offset (1200), or one for each partition (0:1200,3:80), not "${text}"`);
  if (single) return () => BigInt(parts[0]?.[2] ?? 0);
  const each = new Map(parts.map((part) => [Number(part?.[1]), BigInt(part?.[2] ?? 0)]));
  return (partition) => each.get(partition);
}

/** The same source without the records below the offsets. */
export function fromOffset(source: Source, from: FromOffset | undefined): Source {
  if (from === undefined) return source;
  return {
    ...source,
    async *batches(positions, signal) {
      for await (const batch of source.batches(positions, signal)) {
        const least = from(batch.partition) ?? 0n;
        const next = batch.next ?? (batch.records.at(-1)?.offset ?? -2n) + 1n;
        yield { ...batch, records: batch.records.filter(({ offset }) => offset >= least), ...(next < 0n ? {} : { next }) };
      }
    },
  };
}
