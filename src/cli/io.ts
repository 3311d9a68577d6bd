import type { Environment } from '../config/references.ts';
import type { Clock } from '../shared/clock.ts';

/** What a command may touch of the world; tests give their own. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly environment: Environment;
  readonly clock: Clock;
  /** True when a person looks at standard error: progress may be drawn there. */
  readonly interactive: boolean;
  /** Calls the listener at every SIGHUP, which then does not end the process. */
  readonly onHangup?: (listener: () => void) => void;
  /** Aborts on SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
};
