import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { isContextLines } from './ndjson.ts';
import type { RuleFile } from './yaml.ts';

const RULE_FILE = /\.(?:ya?ml|json)$/i;
/** Kinds of files that lie among rules and are read by others: cases beside a rule, control packs. */
const OTHERS = /\.cases\.ya?ml$|(?:^|[\\/])wardline-pack\.json$|(?:^|[\\/])controls[\\/]/i;

/** Reads rule files and folders, recursively and in a stable order; links are not followed. */
export function readRuleFiles(paths: readonly string[]): readonly RuleFile[] {
  const files = paths.flatMap((path) => filesBelow(path, true));
  return [...new Set(files)].sort().map((path) => ({ path, ...readText(path) }));
}

function filesBelow(path: string, named: boolean): readonly string[] {
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(path);
  } catch (error) {
    throw new WardlineError('rules', `cannot read the rules at ${path}: ${messageOf(error)}`, { cause: error });
  }
  if (stat.isDirectory()) return readdirSync(path).flatMap((name) => filesBelow(join(path, name), false));
  if (!stat.isFile()) return [];
  return named || ((RULE_FILE.test(path) || isContextLines(path)) && !OTHERS.test(path)) ? [path] : [];
}

function readText(path: string): Pick<RuleFile, 'text' | 'unreadable'> {
  try {
    return textOf(readFileSync(path));
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
