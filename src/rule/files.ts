import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { RuleFile } from './yaml.ts';

const RULE_FILE = /\.(?:ya?ml|json)$/i;
/** Kinds of files that lie among rules and are read by others: cases beside a rule, control packs. */
const OTHERS = /\.cases\.ya?ml$|(?:^|[\\/])controls[\\/]/i;

/** Reads rule files and folders, recursively and in a stable order; links are not followed. */
export function readRuleFiles(paths: readonly string[]): readonly RuleFile[] {
  const files = paths.flatMap((path) => filesBelow(path, true));
  return [...new Set(files)].sort().map((path) => ({ path, text: readText(path) }));
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
  return named || (RULE_FILE.test(path) && !OTHERS.test(path)) ? [path] : [];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new WardlineError('rules', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
