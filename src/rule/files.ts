import { isUtf8 } from 'node:buffer';
import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { readRegularFile } from '../shared/read-file.ts';
import { isContextLines } from './ndjson.ts';
import type { RuleFile } from './yaml.ts';

/** Beyond what a reader of any kind takes (64 MiB of a context store): their limits say more. */
const MAX_BYTES = 80 * 1024 * 1024;
const RULE_FILE = /\.(?:ya?ml|json)$/i;
/** Kinds of files that lie among rules and are read by others: cases beside a rule, control packs. */
const OTHERS = /\.cases\.ya?ml$|(?:^|[\\/])wardline-pack\.json$|(?:^|[\\/])controls[\\/]/i;

/** Reads rule files and folders, recursively and in a stable order; links are not followed. */
export const readRuleFiles = (paths: readonly string[]): readonly RuleFile[] => listed(paths).map(({ path }) => readOne(path));

export type RuleFileReader = typeof readRuleFiles;

type Known = { readonly stamp: string; readonly settled: boolean; readonly file: RuleFile };

/**
 * Reads like `readRuleFiles`, again and again: a file is opened when its inode, size or times are other than before, and
 * gives the same array where no text changed. One that was new at the last look is opened once more, for clocks of file
 * systems are coarse: what was written in the same tick as it was read has the times of what was read.
 */
export function createRuleFileReader(stampOf: (stat: BigIntStats) => string = stampOfStat): RuleFileReader {
  let known = new Map<string, Known>();
  let last: readonly RuleFile[] = [];
  return (paths) => {
    const next = new Map<string, Known>();
    for (const { path, stat } of listed(paths)) {
      const stamp = stampOf(stat);
      const before = known.get(path);
      const seen = before?.stamp === stamp;
      if (before !== undefined && seen && before.settled) next.set(path, before);
      else {
        const file = readOne(path);
        next.set(path, { stamp, settled: seen, file: before !== undefined && sameFile(before.file, file) ? before.file : file });
      }
    }
    const files = [...next.values()].map(({ file }) => file);
    if (files.length !== last.length || files.some((file, i) => file !== last[i])) last = files;
    known = next;
    return last;
  };
}

const readOne = (path: string): RuleFile => ({ path, ...readText(path) });
const sameFile = (a: RuleFile, b: RuleFile): boolean => a.text === b.text && a.unreadable?.offset === b.unreadable?.offset;

type Listed = { readonly path: string; readonly stat: BigIntStats };

const stampOfStat = ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string => `${ino} ${size} ${mtimeNs} ${ctimeNs}`;

function listed(paths: readonly string[]): readonly Listed[] {
  const found = new Map(paths.flatMap((path) => filesBelow(path, true)).map((one) => [one.path, one]));
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function filesBelow(path: string, named: boolean): readonly Listed[] {
  let stat: BigIntStats;
  try {
    stat = lstatSync(path, { bigint: true });
  } catch (error) {
    throw new WardlineError('usage', `cannot read the rules at ${path}: ${messageOf(error)}`, { cause: error });
  }
  if (stat.isDirectory()) return readdirSync(path).flatMap((name) => filesBelow(join(path, name), false));
  if (!stat.isFile() && named && !stat.isSymbolicLink())
    throw new WardlineError('usage', `cannot read the rules at ${path}: it is a pipe, a socket or a device, not a file or a folder`);
  if (!stat.isFile()) return [];
  if (!named && ((!RULE_FILE.test(path) && !isContextLines(path)) || OTHERS.test(path))) return [];
  return [{ path, stat }];
}

function readText(path: string): Pick<RuleFile, 'text' | 'unreadable'> {
  try {
    return textOf(readRegularFile(path, MAX_BYTES));
  } catch (error) {
    throw new WardlineError('rules', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Bytes that are no UTF-8 are a problem at their place and not other characters: a rule would look for those in vain. */
function textOf(bytes: Buffer): Pick<RuleFile, 'text' | 'unreadable'> {
  if (isUtf8(bytes)) return { text: bytes.toString() };
  const place = firstWrong(bytes);
  const mark = bytes.toString('hex', 0, 2);
  const wide = mark === 'fffe' ? 'UTF-16' : mark === 'feff' ? 'UTF-16 (big-endian)' : undefined;
  const byte = `0x${(bytes[place] as number).toString(16).padStart(2, '0')}`;
  const message = wide === undefined ? `the byte ${byte} is no UTF-8; save the file as UTF-8` : `the file is ${wide}; save it as UTF-8`;
  const text = bytes.toString('utf8', 0, place);
  return { text, unreadable: { code: 'yaml/encoding', message, offset: text.length } };
}

/** Place of the first byte that begins no character. */
function firstWrong(bytes: Buffer): number {
  for (let i = 0; i < bytes.length; ) {
    const c = bytes[i] as number;
    const width = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (width > 1 && !isUtf8(bytes.subarray(i, i + width))) return i;
    i += width;
  }
  return bytes.length;
}
