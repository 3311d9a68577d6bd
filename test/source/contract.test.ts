import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

import { createFileSource } from '../../src/source/file.ts';
import { createMemoryRegister } from '../../src/source/register.ts';
import { fileSourceSettings, stdinSourceSettings } from '../../src/source/settings.ts';
import { createStdinSource } from '../../src/source/stdin.ts';
import { describeSourceContract, type SourceInput } from '../contract/source-contract.ts';
import { hurriedClock } from '../support/step-clock.ts';

const linesOf = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/** A place on disk; `write` puts a part of the text where the kind wants it. */
function fileInput(path: (folder: string) => string, mode: 'once' | 'follow', write: (folder: string, text: string, nth: number) => void) {
  return async (): Promise<SourceInput> => {
    const folder = mkdtempSync(join(tmpdir(), 'wardline-source-'));
    const register = createMemoryRegister();
    mkdirSync(join(folder, 'in'));
    if (mode === 'follow') write(folder, '', 0);
    let nth = 0;
    return {
      async write(texts) {
        write(folder, linesOf(texts), nth++);
      },
      open: () => createFileSource(fileSourceSettings.parse({ kind: 'file', name: 'f', path: path(folder), mode }), hurriedClock, register),
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  };
}

const one = (folder: string): string => join(folder, 'in', 'a.log');
const append = (folder: string, text: string): void => appendFileSync(one(folder), text);
const folderOf = (folder: string): string => join(folder, 'in');

describeSourceContract({ name: 'a file, once', ends: true, replays: true, input: fileInput(one, 'once', append) });
describeSourceContract({ name: 'a file, followed', ends: false, replays: true, input: fileInput(one, 'follow', append) });
describeSourceContract({
  name: 'a folder of plain and compressed files, once',
  ends: true,
  replays: true,
  input: fileInput(folderOf, 'once', (folder, text, nth) => {
    const half = text.indexOf('\n', text.length / 2) + 1;
    writeFileSync(join(folder, 'in', `${nth}-a.log.gz`), gzipSync(text.slice(0, half)));
    writeFileSync(join(folder, 'in', `${nth}-b.log.zst`), zstdCompressSync(Buffer.from(text.slice(half))));
  }),
});
describeSourceContract({
  name: 'a folder that files come into, followed',
  ends: false,
  replays: true,
  input: fileInput(folderOf, 'follow', (folder, text, nth) => {
    if (text !== '') writeFileSync(join(folder, 'in', `${nth}.log`), text);
  }),
});
describeSourceContract({
  name: 'standard input',
  ends: true,
  replays: false,
  input: async () => {
    const chunks: Buffer[] = [];
    return {
      async write(texts) {
        chunks.push(Buffer.from(linesOf(texts)));
      },
      open: () => createStdinSource(stdinSourceSettings.parse({ kind: 'stdin', name: 's' }), hurriedClock, toStream(chunks)),
      async close() {},
    };
  },
});

async function* toStream(chunks: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
