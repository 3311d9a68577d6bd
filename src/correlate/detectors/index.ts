import type { Nanos } from '../../event/time.ts';
import { NANOS_PER_SECOND } from '../../event/time.ts';
import { zoneShift } from '../../event/zone-shift.ts';
import type { PaneAnomaly } from '../../rule/ir/anomaly.ts';
import type { PaneDetector } from './judged.ts';
import { seasonal } from './seasonal.ts';
import { change } from './series.ts';
import { spike } from './spike.ts';

const SEASON_SECONDS = { hour_of_week: 604_800, hour_of_day: 86_400, none: 0 } as const;

/** Every detector over panes, in one list. */
export function detectorOf(condition: PaneAnomaly, timespan: Nanos): PaneDetector {
  switch (condition.kind) {
    case 'spike':
      return spike({ ...condition, floor: condition.metric === 'sum' ? 0 : 1 });
    case 'change':
      return change(condition.threshold);
    case 'seasonal': {
      const paneSeconds = Math.max(1, Number(timespan / NANOS_PER_SECOND));
      const shift = zoneShift(condition.zone);
      const slots = Math.max(1, Math.round(SEASON_SECONDS[condition.season] / paneSeconds));
      return seasonal({
        ...condition,
        slots,
        daily: condition.season === 'hour_of_week' && slots % 7 === 0 ? slots / 7 : 0,
        paneSeconds,
        coarse: condition.metric === 'sum' || condition.metric === 'avg',
        offsetSeconds: (start) => Number(shift(BigInt(start) * NANOS_PER_SECOND) / NANOS_PER_SECOND),
      });
    }
  }
}
