import { existsSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { makeFolder } from '../shared/folder.ts';

/** Writes files that are not there yet, all or none; with `force` also over those that are. Throws `usage`. */
export function writeNew(files: readonly { readonly path: string; readonly text: string }[], force: boolean): void {
  const there = files.filter(({ path }) => existsSync(path)).map(({ path }) => path);
  if (there.length > 0 && !force) throw new WardlineError('usage', `${thereText(there)} there already; --force replaces`);
  for (const { path, text } of files)
    try {
      makeFolder(dirname(path));
      writeFileSync(path, text);
    } catch (error) {
      throw new WardlineError('usage', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
    }
}

const SHOWN = 3;

/** A few names, as short as they are from here. */
function thereText(paths: readonly string[]): string {
  const names = paths.slice(0, SHOWN).map((path) => {
    const near = relative('.', path);
    return near.startsWith('..') ? path : near;
  });
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return `${names.join(', ')}${more} ${paths.length === 1 ? 'is' : 'are'}`;
}
