import { writeFileSync } from 'node:fs';
import type { CaseResult } from '../../cases/run.ts';
import { readCases } from '../../rule/cases/case-file.ts';
import { rewritten } from '../../rule/cases/rewrite.ts';
import type { RuleFile } from '../../rule/yaml.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { printable } from '../../shared/table.ts';
import { formatted } from '../fmt.ts';
import type { Io } from '../io.ts';
import { placeText } from './report.ts';

/** Writes what came out as what is expected, and prints the difference; how many lists were written. Throws `usage` for a file that cannot be written. */
export function updateCases(files: readonly RuleFile[], results: readonly CaseResult[], io: Io): number {
  let written = 0;
  for (const { path, text } of files) {
    const own = results.filter(({ file }) => file === path);
    const { text: next, changes } = rewritten(
      text,
      own.flatMap(({ updates }) => updates),
    );
    if (changes.length === 0) continue;
    if (readCases({ path, text: next }).cases === undefined) {
      io.err(`${path}: left as it is; the expectations cannot be written into it\n`);
      continue;
    }
    for (const { update, before, after } of changes) {
      const place = own.find(({ updates }) => updates.includes(update));
      if (place !== undefined) io.out(`UPDATED  ${placeText(place.place)}: ${printable(place.name)}: ${update.list}\n`);
      io.out(`${marked('-', before)}${marked('+', after)}`);
    }
    // A file in the one form stays in it.
    save(path, formatted(path, text) === text ? (formatted(path, next) ?? next) : next);
    written += changes.length;
  }
  return written;
}

const marked = (mark: string, text: string): string =>
  text
    .split('\n')
    .map((line) => `        ${mark} ${printable(line.trim())}\n`)
    .join('');

function save(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new WardlineError('usage', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
