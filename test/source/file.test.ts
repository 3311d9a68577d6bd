import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/shared/clock.ts';
import { createFileSource } from '../../src/source/file.ts';
import { createLooker } from '../../src/source/files/look.ts';
import { createLineCutter } from '../../src/source/lines.ts';
import { fileSourceSettings } from '../../src/source/settings.ts';
import type { Batch } from '../../src/source/source.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const source = (path: string) => createFileSource(fileSourceSettings.parse({ kind: 'file', name: 'f', path }), systemClock);
const signal = new AbortController().signal;

async function batchesOf(path: string, positions = new Map<number, bigint>()): Promise<Batch[]> {
  const out: Batch[] = [];
  for await (const batch of source(path).batches(positions, signal)) if (batch.awaits === undefined) out.push(batch);
  return out;
}
const lines = (batches: readonly Batch[]) =>
  batches.flatMap(({ records }) => records.map(({ bytes }) => Buffer.from(bytes ?? []).toString()));

describe('the file source', () => {
  test('a damaged file gives what is before the damage and keeps none of the others from being read; the end says so', async () => {
    const text = Array.from({ length: 3000 }, (_, i) => `line ${i} ${(i * 2654435761) % 4294967296}\n`).join('');
    writeFileSync(join(folder, 'a.log.gz'), gzipSync(text).subarray(0, 20_000));
    writeFileSync(join(folder, 'b.log'), 'whole\n');
    const seen: Batch[] = [];
    const reading = (async () => {
      for await (const batch of source(folder).batches(new Map(), signal)) if (batch.awaits === undefined) seen.push(batch);
    })();
    await expect(reading).rejects.toThrow(/cannot read .*a\.log\.gz: unexpected end of file/);
    expect(lines(seen)).toContain('line 0 0');
    expect(lines(seen).at(-1)).toBe('whole');
  });

  test('a file in UTF-16 is read as text in either order, cut anywhere, and goes on where it was', async () => {
    const written = 'Gerät\nБ\u0a0a\u0a00\u000a☂ last\n';
    const expected = ['Gerät', 'Б\u0a0a\u0a00', '☂ last'];
    const units = Buffer.from(written, 'utf16le');
    const little = Buffer.concat([Buffer.of(0xff, 0xfe), units]);
    const big = Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from(units).swap16()]);
    for (const [bytes, order] of [[little, 'little'] as const, [big, 'big'] as const]) {
      writeFileSync(join(folder, `${order}.log`), bytes);
      const [batch] = await batchesOf(join(folder, `${order}.log`));
      const records = batch?.records ?? [];
      expect(
        records.map((record) =>
          Buffer.from(record.bytes ?? [])
            .toString()
            .replace('\ufeff', ''),
        ),
      ).toEqual(expected);
      expect(records.map(({ offset }) => Number(offset))).toEqual([0, 14, 22]);
      const later = await batchesOf(join(folder, `${order}.log`), new Map([[0, records[1]?.offset ?? 0n]]));
      expect(lines(later)).toEqual(expected.slice(1));
      for (let size = 1; size < 7; size++) {
        const cutter = createLineCutter(0n, 100, order);
        const found: string[] = [];
        for (let at = 0; at < bytes.length; at += size)
          for (const line of cutter.push(bytes.subarray(at, at + size)))
            found.push(Buffer.from(line.bytes).toString().replace('\ufeff', ''));
        expect(found).toEqual(expected);
      }
    }
  });

  test('gives every line with the byte offset it begins at, and the last one without a line break too', async () => {
    writeFileSync(join(folder, 'a.log'), 'one\n\ntwo\r\nthrée\nlast');
    const [batch] = await batchesOf(join(folder, 'a.log'));
    expect(batch?.records.map(({ offset, bytes }) => [Number(offset), Buffer.from(bytes ?? []).toString()])).toEqual([
      [0, 'one'],
      [4, ''],
      [5, 'two\r'],
      [10, 'thrée'],
      [17, 'last'],
    ]);
    expect(batch).toMatchObject({ end: true, next: 21n });
  });

  test('reads the files of a folder in order, each its own partition, compressed ones unpacked', async () => {
    writeFileSync(join(folder, 'b.log.gz'), gzipSync('gz 1\ngz 2\n'));
    writeFileSync(join(folder, 'a.log'), 'plain\n');
    writeFileSync(join(folder, 'c.log.zst'), zstdCompressSync(Buffer.from('zst\n')));
    const batches = await batchesOf(folder);
    expect(batches.map(({ partition, records }) => [partition, records.length])).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(lines(batches)).toEqual(['plain', 'gz 1', 'gz 2', 'zst']);
  });

  test('goes on from any position it ever gave, and reads nothing twice', async () => {
    const text = Array.from({ length: 2500 }, (_, i) => `line ${i}`).join('\n');
    writeFileSync(join(folder, 'a.log'), text);
    const whole = await batchesOf(join(folder, 'a.log'));
    expect(whole.length).toBeGreaterThan(2);
    for (const [i, { next }] of whole.entries()) {
      const rest = await batchesOf(join(folder, 'a.log'), new Map([[0, next ?? 0n]]));
      expect(lines(rest)).toEqual(lines(whole.slice(i + 1)));
    }
  });

  test('a line over the limit comes as its first bytes, so that the decoder refuses it, and the next line is whole', async () => {
    writeFileSync(join(folder, 'a.log'), `${'x'.repeat(3 * 1024 * 1024)}\nnext\n`);
    const [first, second] = (await batchesOf(join(folder, 'a.log')))[0]?.records ?? [];
    expect(first?.bytes?.length).toBe(1024 * 1024 + 1);
    expect(Buffer.from(second?.bytes ?? []).toString()).toBe('next');
  });

  test('a file that is not there, and a compressed one that is damaged, are errors that name the file', async () => {
    await expect(batchesOf(join(folder, 'none'))).rejects.toThrow(/cannot read .*none/);
    writeFileSync(join(folder, 'bad.gz'), gzipSync('x'.repeat(1000)).subarray(0, 15));
    await expect(batchesOf(join(folder, 'bad.gz'))).rejects.toThrow(/cannot read .*bad\.gz/);
  });

  test('what is no file and no folder is an error, not an empty log', async () => {
    const pipe = join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    await expect(batchesOf(pipe)).rejects.toThrow(/cannot read .*pipe: it is a pipe/);
  });

  // A plain file of the system that anybody may open and whose first bytes nobody can read; root reads every other.
  test.runIf(existsSync('/proc/self/mem'))(
    'a file that is there and cannot be read is an error; followed, a warning that comes once',
    async () => {
      await expect(batchesOf('/proc/self/mem')).rejects.toThrow(/cannot read \/proc\/self\/mem: /);
      const ended = new AbortController();
      let looks = 0;
      const clock = { ...systemClock, sleep: async () => void (++looks === 3 && ended.abort()) };
      const warnings: object[] = [];
      const settings = fileSourceSettings.parse({ kind: 'file', name: 'f', path: '/proc/self/mem', mode: 'follow' });
      const followed = createFileSource(settings, clock, undefined, (about) => warnings.push(about));
      for await (const batch of followed.batches(new Map(), ended.signal)) expect(batch.records).toEqual([]);
      expect(looks).toBe(3);
      expect(warnings).toEqual([expect.objectContaining({ source: 'f', path: '/proc/self/mem' })]);
    },
  );

  test.each(['later.log', 'later/a.log'])('what is not there yet is waited for when it is followed, with one warning: %s', async (name) => {
    await expect(batchesOf(join(folder, name))).rejects.toThrow('cannot read');
    const ended = new AbortController();
    let looks = 0;
    const path = join(folder, name);
    const clock = {
      ...systemClock,
      sleep: async () => {
        if (++looks === 3) {
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, 'one\ntwo\n');
        } else if (looks === 5) ended.abort();
      },
    };
    const warnings: object[] = [];
    const settings = fileSourceSettings.parse({
      kind: 'file',
      name: 'f',
      path: join(folder, name.split('/')[0] as string),
      mode: 'follow',
    });
    const followed = createFileSource(settings, clock, undefined, (about) => warnings.push(about));
    const lines: string[] = [];
    for await (const { records } of followed.batches(new Map(), ended.signal)) lines.push(...records.map(({ bytes }) => String(bytes)));
    expect(lines).toEqual(['one', 'two']);
    expect(warnings.length).toBe(1);
  });

  test('a file that cannot be read for a while stays as it was seen last', async () => {
    const path = join(folder, 'a.log');
    writeFileSync(path, 'one\n');
    const faults: string[] = [];
    const looker = createLooker((found) => faults.push(found));
    const before = await looker.look([path]);
    rmSync(path);
    symlinkSync(path, path);
    expect(await looker.look([path])).toEqual(before);
    expect(faults).toEqual([path]);
    rmSync(path);
    expect(await looker.look([path])).toEqual([]);
  });
});

describe('cutting lines', () => {
  test('however the bytes are cut into chunks, the lines and offsets are the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', '\n', 'ü'), { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 30 }),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(''));
          const cutter = createLineCutter(0n, 100);
          const found: [number, string][] = [];
          let from = 0;
          for (let i = 0; from < bytes.length; i++) {
            const size = cuts[i % cuts.length] ?? 1;
            for (const line of cutter.push(bytes.subarray(from, from + size)))
              found.push([Number(line.offset), Buffer.from(line.bytes).toString()]);
            from += size;
          }
          const rest = cutter.rest();
          if (rest !== undefined) found.push([Number(rest.offset), Buffer.from(rest.bytes).toString()]);
          let at = 0;
          const wanted = bytes
            .toString()
            .split('\n')
            .map((line): [number, string] => {
              const here = at;
              at += Buffer.byteLength(line) + 1;
              return [here, line];
            });
          if (wanted.at(-1)?.[1] === '') wanted.pop();
          expect(found).toEqual(wanted);
        },
      ),
    );
  });
});

test('what there is to read is said first, and what is followed and has nothing yet says that it was looked at', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'awaits-'));
  writeFileSync(join(folder, 'a.log'), 'one\n');
  writeFileSync(join(folder, 'b.log'), 'half a line');
  const once: (readonly number[] | undefined)[] = [];
  const settings = { kind: 'file', name: 's', path: folder } as const;
  const clock = { now: () => 0, sleep: async () => {} };
  for await (const { awaits } of createFileSource({ ...settings, mode: 'once' }, clock).batches(new Map(), new AbortController().signal))
    once.push(awaits);
  expect(once).toEqual([[0, 1], undefined, undefined]);
  const stop = new AbortController();
  const followed: [number, number, readonly number[] | undefined][] = [];
  for await (const batch of createFileSource({ ...settings, mode: 'follow' }, clock).batches(new Map(), stop.signal)) {
    followed.push([batch.partition, batch.records.length, batch.awaits]);
    if (followed.length === 3) stop.abort();
  }
  expect(followed).toEqual([
    [0, 0, [0, 1]],
    [0, 1, undefined],
    [1, 0, undefined],
  ]);
  rmSync(folder, { recursive: true });
});
