import { describe, expect, test } from 'vitest';
import type { RawRecord } from '../../src/event/raw-record.ts';
import type { Batch, Positions, Source } from '../../src/source/source.ts';

/** One input of a kind of source, with nothing in it yet. */
export type SourceInput = {
  /** Puts records in, in this order; resolves when whoever sent them may forget them. */
  write(texts: readonly string[]): Promise<void>;
  /** A source over the input as a process that starts anew makes it. */
  open(): Source;
  /** Frees what the input holds. */
  close(): Promise<void>;
};

export type SourceKind = {
  readonly name: string;
  input(): Promise<SourceInput>;
  /** Ends by itself when the input is read. */
  readonly ends: boolean;
  /** A start from an older position gives the same records again. */
  readonly replays: boolean;
  /** Senders reach it only while it runs. */
  readonly listens?: boolean;
  /** The text that was written, where the record has more around it. */
  readonly textOf?: (bytes: string) => string;
};

const numbered = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `record ${from + i}`);

/** Reads as the engine does until `enough` says so; where it stands then is what a checkpoint would hold. */
export async function readFrom(
  source: Source,
  positions: Positions,
  enough: (records: readonly RawRecord[]) => boolean,
): Promise<{ readonly batches: readonly Batch[]; readonly records: readonly RawRecord[]; readonly positions: Map<number, bigint> }> {
  const stop = new AbortController();
  const batches: Batch[] = [];
  const records: RawRecord[] = [];
  const next = new Map(positions);
  for await (const batch of source.batches(positions, stop.signal)) {
    batches.push(batch);
    records.push(...batch.records);
    const last = batch.records.at(-1);
    if (batch.next !== undefined) next.set(batch.partition, batch.next);
    else if (last !== undefined) next.set(batch.partition, last.offset + 1n);
    if (enough(records)) {
      stop.abort();
      break;
    }
  }
  return { batches, records, positions: next };
}

/** What every source must do, whatever it reads from. */
export function describeSourceContract(kind: SourceKind): void {
  const text = ({ bytes }: RawRecord): string => (kind.textOf ?? String)(Buffer.from(bytes ?? []).toString());
  const withInput = async (work: (input: SourceInput) => Promise<void>): Promise<void> => {
    const input = await kind.input();
    try {
      await work(input);
    } finally {
      await input.close();
    }
  };
  /** Writes while the source runs where it has to, before it starts where it may. */
  const exchange = async (input: SourceInput, texts: readonly string[], positions: Positions, enough = texts.length) => {
    const source = input.open();
    const done = (records: readonly RawRecord[]): boolean => !kind.ends && records.length >= enough;
    if (!kind.listens) await input.write(texts);
    const reading = readFrom(source, positions, done);
    if (kind.listens) await input.write(texts);
    const result = await reading;
    return { source, ...result };
  };

  describe(`source contract: ${kind.name}`, () => {
    test('every record comes once, with its bytes, its source and when it was taken', () =>
      withInput(async (input) => {
        const texts = numbered(0, 25);
        const { source, records } = await exchange(input, texts, new Map());
        await source.close();
        expect(records.map(text)).toEqual(texts);
        for (const record of records) {
          expect(record.source).toBe(source.name);
          expect(record.appendedAt).toBeGreaterThan(Date.UTC(2020, 0));
          expect(record.headers).toBeInstanceOf(Map);
        }
      }));

    test('offsets grow within a partition, and a batch is of one partition', () =>
      withInput(async (input) => {
        const { source, batches } = await exchange(input, numbered(0, 25), new Map());
        await source.close();
        const last = new Map<number, bigint>();
        for (const { partition, records, next } of batches) {
          for (const record of records) {
            expect(record.partition).toBe(partition);
            expect(record.offset).toBeGreaterThan(last.get(partition) ?? -1n);
            last.set(partition, record.offset);
          }
          if (next !== undefined) expect(next).toBeGreaterThan(last.get(partition) ?? -1n);
        }
      }));

    test('commit and close can be called at any time, and twice', () =>
      withInput(async (input) => {
        const source = input.open();
        await source.commit(new Map([[0, 0n]]));
        await source.close();
        await source.close();
      }));

    if (kind.replays) {
      test('a start from where the engine stood gives exactly the records after it', () =>
        withInput(async (input) => {
          const first = await exchange(input, numbered(0, 12), new Map());
          await first.source.commit(first.positions);
          await first.source.close();
          const second = await exchange(input, numbered(12, 9), first.positions);
          await second.source.close();
          expect(second.records.map(text)).toEqual(numbered(12, 9));
        }));

      test('records that no checkpoint holds come again with the same offsets', () =>
        withInput(async (input) => {
          const first = await exchange(input, numbered(0, 10), new Map());
          await first.source.close();
          const again = input.open();
          const second = await readFrom(again, new Map(), (records) => !kind.ends && records.length >= 10);
          await again.close();
          const named = (records: readonly RawRecord[]) => records.map((record) => [record.partition, record.offset, text(record)]);
          expect(named(second.records)).toEqual(named(first.records));
        }));
    }

    if (!kind.ends) {
      test('records that come while it reads are read too, and it ends when it is told to', () =>
        withInput(async (input) => {
          const source = input.open();
          const stop = new AbortController();
          const seen: string[] = [];
          const reading = (async () => {
            for await (const { records } of source.batches(new Map(), stop.signal)) {
              if (records.length === 0) continue;
              seen.push(...records.map(text));
              if (seen.length === 3) void input.write(numbered(3, 2));
              if (seen.length === 5) stop.abort();
            }
          })();
          await input.write(numbered(0, 3));
          await reading;
          await source.close();
          expect(seen).toEqual(numbered(0, 5));
        }));
    }
  });
}
