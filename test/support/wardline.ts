import { resolve } from 'node:path';
import { runEngine } from '../../src/app.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import type { Io } from '../../src/cli/io.ts';
import { createProgram } from '../../src/cli/program.ts';
import { systemClock } from '../../src/shared/clock.ts';

export const home = resolve(import.meta.dirname, '../..');

export type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** The command line in a folder, to its end, as the process runs it. */
export function wardlineIn(cwd: string, more: Partial<Io> = {}) {
  return async (...args: readonly string[]): Promise<Ended> => {
    let [out, err, code] = ['', '', 0];
    const io: Io = {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      environment: {},
      clock: systemClock,
      interactive: false,
      stop: new AbortController().signal,
      ...more,
    };
    const before = process.cwd();
    process.chdir(cwd);
    try {
      await createProgram(io, runEngine, (given) => {
        code = given;
      }).parseAsync(['node', 'wardline', ...args]);
    } catch (error) {
      code = exitCodeOf(error, io.err);
    } finally {
      process.chdir(before);
    }
    return { code, out, err };
  };
}
