import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, WardlineError } from '../shared/errors.ts';

/** Writes a file that the command line names; throws `usage` when that cannot be. */
export function writeOut(path: string, data: string | Uint8Array, mode = 0o666): void {
  const folder = dirname(path);
  if (!existsSync(folder)) throw new WardlineError('usage', `cannot write ${path}: there is no folder ${folder}`);
  try {
    writeFileSync(path, data, { mode });
  } catch (error) {
    throw new WardlineError('usage', `cannot write ${path}: ${messageOf(error)}`);
  }
}
