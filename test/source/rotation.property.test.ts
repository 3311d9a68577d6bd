import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFileSource } from '../../src/source/file.ts';
import { createMemoryRegister } from '../../src/source/register.ts';
import { fileSourceSettings } from '../../src/source/settings.ts';
import type { Batch } from '../../src/source/source.ts';
import { createStepClock } from '../support/step-clock.ts';

type Step = 'write' | 'half' | 'look' | 'rename' | 'copy' | 'gzip' | 'zstd' | 'restart';

/** Found by earlier runs: beginnings so short that the next file begins alike. */
const REGRESSIONS: [Step[]][] = [
  [['half', 'look', 'write', 'gzip', 'half']],
  [['half', 'look', 'write', 'gzip', 'write', 'write']],
  [['half', 'look', 'write', 'copy', 'half']],
  [['half', 'look', 'write', 'copy', 'write', 'write']],
];

/** A log file with its rotation: what a daemon and logrotate do to it. */
function createLog(folder: string) {
  const path = join(folder, 'app.log');
  const written: string[] = [];
  let open = '';
  let rotated = 0;
  writeFileSync(path, '');
  const shift = (suffix: string): string => {
    for (let i = rotated; i >= 1; i--)
      for (const end of ['', '.gz', '.zst']) {
        const from = `${path}.${i}${end}`;
        if (existsSync(from)) renameSync(from, `${path}.${i + 1}${end}`);
      }
    rotated++;
    return `${path}.1${suffix}`;
  };
  return {
    path,
    written,
    apply(step: Step): void {
      if (step === 'write' || step === 'half') {
        // The lines begin alike, as those of one program do.
        const line = `${open}2026-11-20T08:00:00Z app started worker, line number ${written.length}`;
        if (step === 'half' && open === '') {
          open = line.slice(0, 30);
          appendFileSync(path, open);
          return;
        }
        appendFileSync(path, `${line.slice(open.length)}\n`);
        written.push(line);
        open = '';
      } else if (open === '' && step === 'rename') {
        renameSync(path, shift(''));
        writeFileSync(path, '');
      } else if (open === '' && step === 'copy') {
        copyFileSync(path, shift(''));
        truncateSync(path);
      } else if (open === '' && (step === 'gzip' || step === 'zstd')) {
        const text = readFileSync(path);
        writeFileSync(shift(step === 'gzip' ? '.gz' : '.zst'), step === 'gzip' ? gzipSync(text) : zstdCompressSync(text));
        rmSync(path);
        writeFileSync(path, '');
      }
    },
  };
}

test.each([
  ['a file', false],
  ['its folder', true],
])('%s is read without loss or repetition however it is rotated between looks', async (_what, whole) => {
  const steps = fc.array(fc.constantFrom<Step>('write', 'write', 'half', 'look', 'rename', 'copy', 'gzip', 'zstd', 'restart'), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const folder = mkdtempSync(join(tmpdir(), 'wardline-rotate-'));
      mkdirSync(join(folder, 'in'));
      const log = createLog(join(folder, 'in'));
      const register = createMemoryRegister();
      const positions = new Map<number, bigint>();
      const seen: string[] = [];
      const gaps: Batch['gap'][] = [];
      const settings = fileSourceSettings.parse({ kind: 'file', name: 'f', path: whole ? join(folder, 'in') : log.path, mode: 'follow' });
      const start = () => {
        const clock = createStepClock();
        const stop = new AbortController();
        const reading = (async () => {
          for await (const { partition, records, next, gap } of createFileSource(settings, clock, register).batches(
            positions,
            stop.signal,
          )) {
            seen.push(...records.map(({ bytes }) => Buffer.from(bytes ?? []).toString()));
            if (next !== undefined) positions.set(partition, next);
            if (gap !== undefined) gaps.push(gap);
          }
        })();
        return { look: () => clock.tick(), stop: () => (stop.abort(), reading) };
      };
      let run = start();
      await run.look();
      for (const step of [...list, 'look' as const]) {
        if (step === 'look') await run.look();
        else if (step === 'restart') {
          await run.stop();
          run = start();
          await run.look();
        } else {
          log.apply(step);
        }
      }
      await run.look();
      await run.stop();
      rmSync(folder, { recursive: true, force: true });
      expect(seen.sort()).toEqual([...log.written].sort());
      expect(gaps).toEqual([]);
    }),
    { numRuns: 40, examples: REGRESSIONS },
  );
});
