import type { Logger } from '../shared/logger.ts';
import { DIFFERS } from './ingest.ts';

/** Events by what is doubtful about them, over all sources; each kind is said once per source. */
export type Doubts = {
  observe(source: string, tags: ReadonlyMap<string, number>): void;
  totals(): ReadonlyMap<string, number>;
};

/** What every source of local times or without times has; it is counted, not said. */
const USUAL = new Set(['assumed_zone', 'broker_time']);

export function createDoubts(logger: Logger): Doubts {
  const totals = new Map<string, number>();
  const said = new Set<string>();
  return {
    observe(source, tags) {
      for (const [tag, count] of tags) {
        totals.set(tag, (totals.get(tag) ?? 0) + count);
        if (tag === DIFFERS)
          logger.error(
            { source, count },
            'the matcher and a full scan of the rules decided an event differently; the scan was believed; this is an error of Wardline, please report it',
          );
        if (tag === DIFFERS || USUAL.has(tag) || said.has(`${tag}/${source}`)) continue;
        said.add(`${tag}/${source}`);
        logger.warn(
          { source, tag },
          'events of this source are doubtful for the first time in this run; docs/formats.md says what the tag means',
        );
      }
    },
    totals: () => new Map([...totals].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
