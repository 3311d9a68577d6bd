import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Logger } from '../shared/logger.ts';
import type { Io } from './io.ts';

const LOOK_MS = 60_000;
const MAIN = resolve(import.meta.dirname, '../main.ts');

/**
 * Makes due reports while the engine runs: once a minute `wardline report run` in a process of its own, so that a long
 * ledger never holds up the events. Does nothing without reports in the settings.
 */
export function startReportTimer(config: string, reports: number, io: Io, logger: Logger): { stop(): Promise<void> } {
  if (reports === 0) return { stop: async () => undefined };
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await io.clock.sleep(LOOK_MS, stopping.signal);
      if (!stopping.signal.aborted) await makeDue(config, stopping.signal, logger);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

function makeDue(config: string, signal: AbortSignal, logger: Logger): Promise<void> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [...process.execArgv, MAIN, 'report', 'run', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    child.on('error', (error) => {
      if (!signal.aborted) logger.error({ error: error.message }, 'reports cannot be made');
    });
    child.on('close', (code) => {
      if (code === 1) logger.warn({ said }, 'a report that was made has a status that fails');
      else if (code !== 0 && !signal.aborted) logger.error({ code, said }, 'a report could not be made');
      done();
    });
  });
}
