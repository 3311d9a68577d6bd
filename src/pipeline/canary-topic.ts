import type { RawRecord } from '../event/raw-record.ts';
import type { CanarySettings } from '../evidence/canary-settings.ts';
import { messageOf } from '../shared/errors.ts';
import type { CanaryDeps, CanaryStep } from './canaries.ts';
import { CANARY_HEADER, canaryMark, readCanaryMark } from './canary-mark.ts';

/** How long records may be on their way at least, however short the time between two plantings is. */
const PATIENCE_MS = 60_000;

/** One planting: the records sent, and those that came back. */
type Planting = {
  readonly canary: CanarySettings;
  readonly slot: number;
  readonly since: number;
  readonly back: (RawRecord | undefined)[];
  missing: number;
  /** The broker has every record: only then is it injected. */
  injected: boolean;
};

/**
 * Canaries that go through a topic: appended to it, read by the source like all its records, and judged when the last one
 * is back. What comes back too late is discarded; a planting that never is complete stays missed in the ledger.
 */
export function createOnTheWay(
  { topics, logger }: Pick<CanaryDeps, 'topics' | 'logger'>,
  observe: (step: CanaryStep) => void,
  judge: (canary: CanarySettings, slot: number, records: readonly RawRecord[], now: number) => void,
) {
  const plantings = new Map<string, Planting>();

  const settle = (planting: Planting, now: number): void => {
    if (!planting.injected || planting.missing > 0) return;
    plantings.delete(keyOf(planting.canary.id, planting.slot));
    judge(planting.canary, planting.slot, planting.back as readonly RawRecord[], now);
  };

  const giveUp = ({ id, every }: CanarySettings, now: number): void => {
    for (const [key, { canary, slot, since }] of plantings) {
      if (canary.id !== id || now - since < Math.max(every, PATIENCE_MS)) continue;
      plantings.delete(key);
      logger.error({ canary: id, slot }, 'a canary was missed: its records did not come back');
    }
  };

  const take = (record: RawRecord): RawRecord => {
    if (topics === undefined || !record.headers.has(CANARY_HEADER)) return record;
    const mark = readCanaryMark(topics.key, record);
    if (mark === undefined) return record;
    const planting = plantings.get(keyOf(mark.id, mark.slot));
    if (planting !== undefined && mark.index < planting.back.length && planting.back[mark.index] === undefined) {
      const headers = new Map([...record.headers].filter(([name]) => name !== CANARY_HEADER));
      planting.back[mark.index] = { ...record, source: `canary/${mark.id}`, headers };
      planting.missing--;
      settle(planting, topics.now());
    }
    // A record without bytes is one that the ledger counts as read and discarded: no offset is missing.
    return { ...record, bytes: null };
  };

  return {
    send(canary: CanarySettings, slot: number, records: readonly RawRecord[]): void {
      if (topics === undefined) return;
      const { id } = canary;
      giveUp(canary, topics.now());
      const planting: Planting = {
        canary,
        slot,
        since: topics.now(),
        back: records.map(() => undefined),
        missing: records.length,
        injected: false,
      };
      plantings.set(keyOf(id, slot), planting);
      const marked = records.map(({ bytes }, index) => {
        const own = bytes ?? Buffer.alloc(0);
        return { bytes: own, mark: canaryMark(topics.key, { id, slot, index, count: records.length }, own) };
      });
      topics.append(canary, slot, marked).then(
        () => {
          planting.injected = true;
          observe({ id, slot: String(slot), step: 'injected', at: topics.now() });
          settle(planting, topics.now());
        },
        (error: unknown) => {
          plantings.delete(keyOf(id, slot));
          logger.error({ canary: id, error: messageOf(error) }, 'a canary could not be planted in its topic');
        },
      );
    },
    take: (records: readonly RawRecord[]): readonly RawRecord[] =>
      records.some(({ headers }) => headers.has(CANARY_HEADER)) ? records.map(take) : records,
  };
}

const keyOf = (id: string, slot: number): string => `${id}/${slot}`;
