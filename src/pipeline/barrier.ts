/** Resolves when every name has arrived, whoever comes first. */
export function createBarrier(names: readonly string[]): { arrive(name: string): void; readonly all: Promise<void> } {
  const missing = new Set(names);
  const { promise, resolve } = Promise.withResolvers<void>();
  if (missing.size === 0) resolve();
  return {
    arrive(name) {
      missing.delete(name);
      if (missing.size === 0) resolve();
    },
    all: promise,
  };
}
