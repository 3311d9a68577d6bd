import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, WardlineError } from '../shared/errors.ts';

/** Writes files that are not there yet, all or none; with `force` also over those that are. Throws `usage`. */
export function writeNew(files: readonly { readonly path: string; readonly text: string }[], force: boolean): void {
  const there = files.filter(({ path }) => existsSync(path)).map(({ path }) => path);
  if (there.length > 0 && !force)
    throw new WardlineError('usage', `${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already; --force replaces`);
  try {
    for (const { path, text } of files) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  } catch (error) {
    throw new WardlineError('usage', `cannot write: ${messageOf(error)}`, { cause: error });
  }
}
