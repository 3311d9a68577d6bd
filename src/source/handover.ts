/**
 * Hands items from a caller that pushes to a reader that pulls, one at a time: `give` resolves when the reader has come
 * back for more, so that a slow reader slows the giver and nothing is in between.
 */
export type Handover<T> = {
  /** False when the reader is gone and did not take it. */
  give(item: T): Promise<boolean>;
  /** Ends the reader's loop, with an error or quietly. */
  end(error?: Error): void;
  items(): AsyncGenerator<T, void>;
};

type Waiting<T> = { readonly item: T; readonly taken: (done: boolean) => void };

export function createHandover<T>(): Handover<T> {
  const queue: Waiting<T>[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  let failure: Error | undefined;
  const signal = (): void => {
    wake?.();
    wake = undefined;
  };
  const end = (error?: Error): void => {
    ended = true;
    failure ??= error;
    for (const { taken } of queue.splice(0)) taken(false);
    signal();
  };
  return {
    give(item) {
      if (ended) return Promise.resolve(false);
      return new Promise((taken) => {
        queue.push({ item, taken });
        signal();
      });
    },
    end,
    async *items() {
      for (;;) {
        const next = queue[0];
        if (next !== undefined) {
          queue.shift();
          let taken = false;
          try {
            yield next.item;
            taken = true;
          } finally {
            // A reader that leaves in the middle did not take it, and nobody waits for a reader that is gone.
            if (!taken) end();
            next.taken(taken);
          }
        } else if (ended) {
          if (failure !== undefined) throw failure;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}
