/**
 * What a run does at the same time: reading, ticking, delivering. The first of them that fails ends the inputs of all, so
 * that one error is said once and nothing goes on behind the end.
 */
export type Background = {
  /** Aborts when the run is to stop, or when a job failed. */
  readonly inputs: AbortSignal;
  /** Starts a job; the promise is over with it and never rejects. */
  run(work: () => Promise<void>): Promise<void>;
  /** What the first job that failed threw. */
  failure(): { readonly error: unknown } | undefined;
  /** Something to be done when the run is given up. */
  onAbandon(work: () => unknown): void;
  /** Gives the run up: does what was asked for, whatever fails of it, and waits for all jobs. */
  abandon(): Promise<void>;
};

export function createBackground(stop: AbortSignal): Background {
  const failed = new AbortController();
  const jobs: Promise<void>[] = [];
  const asked: (() => unknown)[] = [];
  let failure: { readonly error: unknown } | undefined;
  return {
    inputs: AbortSignal.any([stop, failed.signal]),
    run(work) {
      const job = work().catch((error: unknown) => {
        failure ??= { error };
        failed.abort();
      });
      jobs.push(job);
      return job;
    },
    failure: () => failure,
    onAbandon: (work) => void asked.push(work),
    async abandon() {
      failed.abort();
      await Promise.allSettled(asked.map(async (work) => work()));
      await Promise.all(jobs);
    },
  };
}
