import type { Logger } from '../../src/shared/logger.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import type { Address } from '../../src/source/listen-settings.ts';

/** A logger that knows where each source listens, once it has said so. */
export function createListenLog(): { readonly logger: Logger; address(): Promise<Address>; readonly errors: string[] } {
  const errors: string[] = [];
  let current: Address | undefined;
  let waiting: ((address: Address) => void)[] = [];
  return {
    errors,
    logger: {
      ...silentLogger,
      info(fields, message) {
        if (message !== 'listening') return;
        if (waiting.length === 0) current = fields as Address;
        for (const tell of waiting) tell(fields as Address);
        waiting = [];
      },
      error: (_fields, message) => void errors.push(message),
    },
    /** Of the source that is started next, or runs. */
    address() {
      const found = current;
      current = undefined;
      return found === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(found);
    },
  };
}
