import type { Clock } from '../shared/clock.ts';
import { createHeads } from './files/heads.ts';
import { createLineCutter } from './lines.ts';
import { createMemoryRegister } from './register.ts';
import type { StdinSourceSettings } from './settings.ts';
import type { Source } from './source.ts';

const MAX_LINE_BYTES = 1024 * 1024;

/** Lines of standard input; what was read once cannot be read again, so a run is one shot. */
export function createStdinSource({ name }: StdinSourceSettings, clock: Clock, input: AsyncIterable<Uint8Array> = process.stdin): Source {
  return {
    name,
    async *batches(_positions, signal) {
      const cutter = createLineCutter(0n, MAX_LINE_BYTES);
      const heads = createHeads(createMemoryRegister())(0);
      const record = (line: { offset: bigint; bytes: Uint8Array }) => ({
        source: name,
        partition: 0,
        ...line,
        appendedAt: clock.now(),
        headers: heads.next(line.offset, line.bytes),
      });
      for await (const chunk of input) {
        if (signal.aborted) return;
        const records = cutter.push(chunk).map(record);
        if (records.length > 0) yield { partition: 0, records };
      }
      const rest = cutter.rest();
      yield { partition: 0, records: rest === undefined ? [] : [record(rest)], end: true };
    },
    async commit() {},
    async close() {},
  };
}
