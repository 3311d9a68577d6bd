import type { Board } from '../pipeline/board.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import type { Store } from '../store/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createConsole } from './console.ts';
import { startAdmin } from './server.ts';

/** The admin port of a run, if its settings have one; without a store the console has no alerts and no ledger to show. */
export async function openAdmin(
  { settings: { admin, canaries, evidence }, baseDir, clock, logger }: RunOptions,
  board: Board,
  telemetry: Telemetry,
  store: Store | undefined,
): Promise<{ close(): Promise<void> } | undefined> {
  if (admin === undefined) return undefined;
  const console = createConsole({ board, clock, store, canaries, signed: evidence.key !== undefined });
  return startAdmin(admin, { baseDir, board, telemetry, clock, logger, console });
}
