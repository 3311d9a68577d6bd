import { silentLogger } from '../../src/shared/logger.ts';

/** A silent logger, and the port that the engine says its admin server listens on; rejects when the run ends before. */
export function adminPort() {
  const listening = Promise.withResolvers<number>();
  return {
    logger: {
      ...silentLogger,
      info(fields: object, message: string): void {
        if (message === 'the admin port listens') listening.resolve((fields as { port: number }).port);
      },
    },
    port: (running: Promise<unknown>): Promise<number> =>
      Promise.race([listening.promise, running.then(() => Promise.reject(new Error('the engine ended')))]),
  };
}
