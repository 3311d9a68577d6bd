import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runEngine } from '../../src/app.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import type { RunOptions, RunSummary } from '../../src/pipeline/run-options.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import type { Clock } from '../../src/shared/clock.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { openStore, type Store } from '../../src/store/store.ts';

/** A clock that stands where it is put; sleeping ends at once. */
export function standingClock(now: number): Clock & { set(to: number): void } {
  let at = now;
  return {
    now: () => at,
    // One turn of the event loop, so that a loop that sleeps lets others work.
    sleep: () => new Promise((done) => setImmediate(done)),
    set(to) {
      at = to;
    },
  };
}

export type World = {
  readonly folder: string;
  /** Writes the events to the world's file and runs the whole engine over what is new. */
  run(ruleset: Ruleset, events: readonly object[], more?: object, options?: Partial<RunOptions>): Promise<RunSummary>;
  documents(): readonly JsonObject[];
  withStore<T>(work: (store: Store) => T, options?: { readonly beside?: boolean; readonly readOnly?: boolean }): T;
  readonly clock: ReturnType<typeof standingClock>;
  remove(): void;
};

/** A folder of its own with a store, for runs of the product as it is put together by `app.ts`. */
export function aWorld(now = Date.UTC(2026, 10, 20, 9)): World {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-world-'));
  const clock = standingClock(now);
  let files = 0;
  const withStore: World['withStore'] = (work, options = { readOnly: true }) => {
    const store = openStore(join(folder, 'wardline.db'), options);
    try {
      return work(store);
    } finally {
      store.close();
    }
  };
  return {
    folder,
    clock,
    run(ruleset, events, more = {}, options = {}) {
      files++;
      const name = `events-${files}.ndjson`;
      writeFileSync(join(folder, name), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      const settings = settingsSchema.parse({
        sources: [{ kind: 'file', name: `s${files}`, path: name, logsource: { category: 'test' } }],
        log: { level: 'silent' },
        ...more,
      });
      return runEngine({
        settings,
        ruleset,
        baseDir: folder,
        clock,
        logger: silentLogger,
        write: () => undefined,
        signal: new AbortController().signal,
        ...options,
      });
    },
    documents: () => withStore((store) => [...store.alerts.newest(10_000)].reverse().map(({ document }) => document)),
    withStore,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
