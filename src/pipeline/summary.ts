import type { AlertDocument } from '../sink/sink.ts';
import type { OutboxCounts } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import type { Engine } from './engine.ts';
import type { RunOptions, RunSummary } from './run-options.ts';

/** Every input has ended: what is open is decided, or kept for the next run. */
export function endOf(engine: Engine, { keepOpen = false, logger }: RunOptions) {
  const windows = engine.open();
  const { alerts, cut } = keepOpen ? { alerts: [], cut: 0 } : engine.end();
  if (windows > 0)
    logger.info(
      { windows, cut },
      keepOpen ? 'open windows are kept for the next run' : 'open windows were decided at the end of the inputs',
    );
  return { windows, kept: keepOpen, cut, alerts };
}

/** What has not reached its receiver. */
export function undelivered({ outbox }: Store): Pick<RunSummary, 'waiting' | 'dead' | 'disabled'> {
  const counts = [...outbox.counts()];
  const some = (read: (one: OutboxCounts) => number) =>
    new Map(counts.flatMap(([sink, one]) => (read(one) > 0 ? [[sink, read(one)] as const] : [])));
  return {
    waiting: some(({ waiting }) => waiting),
    dead: some(({ dead }) => dead),
    disabled: [...outbox.receivers()].flatMap(([sink, { state }]) => (state === 'disabled' ? [sink] : [])),
  };
}

export const opens = ({ document }: AlertDocument): boolean =>
  (document['wardline'] as { alert?: { stage?: string } } | undefined)?.alert?.stage === 'opened';

export function levels(alerts: readonly AlertDocument[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { document } of alerts) {
    const level = (document['wardline'] as { alert: { severity: string } }).alert.severity;
    found.set(level, (found.get(level) ?? 0) + 1);
  }
  return found;
}
