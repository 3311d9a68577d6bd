import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { shown } from './files.ts';

/** How often the files are looked at, ms. */
const LOOK_MS = 300;

/**
 * Runs again whenever one of the files changes, until a signal comes. `run` gives its exit code and the paths it read;
 * what it throws as its own error is printed, and the files are looked at until that is mended. Ends with the last code.
 */
export async function watching(
  named: readonly string[],
  run: () => Promise<{ readonly code: number; readonly paths: readonly string[] }>,
  io: Io,
): Promise<number> {
  let paths = named;
  let code: number = EXIT.ok;
  for (;;) {
    const before = stampsOf(paths);
    try {
      ({ code, paths } = await run());
    } catch (error) {
      if (!(error instanceof WardlineError)) throw error;
      io.err(`wardline: ${messageOf(error)}\n`);
      code = EXIT.usage;
    }
    if (io.stop.aborted) return code;
    // What changed while it ran is seen as well: it is held against what was there before.
    for (const path of paths) for (const [file, stamp] of stampsOf([path])) if (!before.has(file)) before.set(file, stamp);
    io.err('watching; Ctrl-C ends\n');
    const changed = await changeOf(paths, before, io);
    if (changed === undefined) return code;
    io.err(`changed: ${shown(changed)}\n`);
  }
}

async function changeOf(paths: readonly string[], before: ReadonlyMap<string, string>, io: Io): Promise<string | undefined> {
  for (;;) {
    await io.clock.sleep(LOOK_MS, io.stop);
    if (io.stop.aborted) return undefined;
    const now = stampsOf(paths);
    for (const [file, stamp] of now) if (before.get(file) !== stamp) return file;
    for (const file of before.keys()) if (!now.has(file)) return file;
  }
}

/** Size and time of change of every file below the paths; what cannot be read is not there. */
function stampsOf(paths: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const look = (path: string): void => {
    try {
      const stat = lstatSync(path, { bigint: true });
      if (stat.isDirectory()) for (const name of readdirSync(path)) look(join(path, name));
      else found.set(path, `${stat.size} ${stat.mtimeNs} ${stat.ino}`);
    } catch {
      // Gone between two looks, or not to be read: a change of what is there.
    }
  };
  for (const path of paths) look(path);
  return found;
}
