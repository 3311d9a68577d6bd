import { CommanderError } from 'commander';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { printableLines } from '../shared/table.ts';

/** Exit codes of every command; `evidence verify` has its own, see docs. */
export const EXIT = { ok: 0, findings: 1, usage: 2, fault: 3, interrupted: 130 } as const;

/** The exit code of what ended a command; says what it was, where the command line has not done so. */
export function exitCodeOf(error: unknown, err: (text: string) => void): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  // Names of files, words of rules and what was typed are in it: a terminal obeys none of them.
  err(`wardline: ${printableLines(messageOf(error))}\n`);
  if (!(error instanceof WardlineError)) return EXIT.fault;
  if (error.code === 'rules') return EXIT.findings;
  return error.code === 'usage' || error.code === 'settings' ? EXIT.usage : EXIT.fault;
}
