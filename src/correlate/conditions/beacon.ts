import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import { ANOMALY_BOUNDS } from '../../rule/ir/anomaly-bounds.ts';
import { durationText } from '../../shared/duration.ts';
import type { Census } from '../census.ts';
import { confidenceOf } from '../detectors/judged.ts';
import { beaconScore, insertSorted, middleOf, prevalence, replaceSorted, spreadAround, staysLocal } from '../detectors/regularity.ts';
import type { Hit } from '../firing.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Kind } from '../kind.ts';
import { textOf } from '../values.ts';
import type { Look } from './panes.ts';
import { decisionsOf, membersText, rounded } from './told.ts';

/** `first` to `last`: the calls remembered; `gaps` between them in ns, oldest first, and the same in order of size. */
type Own = Applied & { first: Nanos | undefined; last: Nanos; gaps: number[]; sorted: number[]; told: boolean };

const MAX_GAPS = ANOMALY_BOUNDS.calls - 1;
/** Key under which every host counts, whatever it calls. */
const ALL = '';

type Called = Own & { first: Nanos };

function called(own: Called, time: Nanos): void {
  const gap = Number(time - own.last);
  own.last = time;
  own.gaps.push(gap);
  if (own.gaps.length <= MAX_GAPS) {
    insertSorted(own.sorted, gap);
    return;
  }
  const oldest = own.gaps.shift() as number;
  own.first += BigInt(oldest);
  replaceSorted(own.sorted, oldest, gap);
}

/**
 * Calls of one process of a host to one destination at regular intervals (MAD of the intervals at most `maxDispersion` of
 * their median), where at most `maxPrevalence` of the other hosts call the same destination. With fewer than `minHosts`
 * hosts nobody can say what is common: undecided. Destinations on the host or its link are not judged.
 */
export function beacon(condition: Extract<MatchAnomaly, { readonly kind: 'beacon' }>, look?: Look): Kind {
  const { fields, minEvents, interval, maxDispersion, maxPrevalence, minHosts, remember } = condition;
  const [hostField, destinationField] = fields;
  const leastScore = beaconScore(maxDispersion, maxPrevalence);
  const least = [Number(interval[0]), Number(interval[1])] as const;
  const destinationOf = (hit: Hit): string => textOf(hit.values[destinationField]) ?? '';
  /** The dispersion of the calls, which is usual from `maxDispersion` on, and from 0 on where many hosts call. */
  const draw = (own: Own, hit: Hit, census: Census | undefined): void => {
    const calls = own.gaps.length + 1;
    const destination = destinationOf(hit);
    const [hosts, all] = [census?.members(destination, hit.time) ?? 0, census?.members(ALL, hit.time) ?? 0];
    const median = calls < 2 ? 0 : middleOf(own.sorted);
    const value = calls < 2 ? 0 : spreadAround(own.sorted, median) / median;
    const point = { start: hit.time, value, label: `${destination}, ${hosts} of ${all} hosts` };
    const lacks =
      calls < minEvents ? { learned: calls, needed: minEvents } : all < minHosts ? { learned: all, needed: minHosts } : undefined;
    if (lacks !== undefined) {
      look?.({ ...point, judged: { known: false, ...lacks } });
      return;
    }
    const share = prevalence(hosts, all);
    const few = median >= least[0] && median <= least[1] && share <= maxPrevalence;
    const fired = few && value <= maxDispersion;
    const band = { expected: 1, low: few ? maxDispersion : 0, high: Number.POSITIVE_INFINITY };
    const confidence = confidenceOf(beaconScore(value, share), leastScore);
    look?.({ ...point, judged: { known: true, fired, baseline: 'dispersion of the intervals', ...band, confidence } });
  };
  const kind = inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, first: undefined, last: 0n, gaps: [], sorted: [], told: false }),
    apply(own, hit, { census }) {
      const { time } = hit;
      const destination = destinationOf(hit);
      if (destination === '' || staysLocal(destination)) return undefined;
      // Several connections at one instant are one call.
      if (own.first === undefined) own.first = own.last = time;
      else if (own.last !== time) called(own as Called, time);
      const calls = own.gaps.length + 1;
      if (look !== undefined) draw(own, hit, census);
      if (calls < minEvents) return undefined;
      const median = middleOf(own.sorted);
      if (median < least[0] || median > least[1]) return undefined;
      const dispersion = spreadAround(own.sorted, median) / median;
      if (dispersion > maxDispersion) return undefined;
      const [hosts, all] = [census?.members(destination, time) ?? 0, census?.members(ALL, time) ?? 0];
      const window = { time, start: own.first, end: time };
      if (all < minHosts) {
        if (own.told) return undefined;
        own.told = true;
        return { ...window, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      const share = prevalence(hosts, all);
      if (share > maxPrevalence) return undefined;
      const decision = decisionsOf({
        what: `regular calls to ${destination} every ${durationText(BigInt(Math.round(median)))}; dispersion`,
        baseline: `${membersText(census, destination, time)} of ${membersText(census, ALL, time)} hosts call it; ${calls} calls`,
        expected: `more than ${maxDispersion}, or called by more than ${rounded(maxPrevalence * 100)} % of the other hosts`,
        observed: rounded(dispersion),
        confidence: confidenceOf(beaconScore(dispersion, share), leastScore),
      });
      return { ...window, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ first, last }) => (first === undefined ? undefined : last + remember),
    postpones: true,
    elapsed(own) {
      own.first = undefined;
      own.gaps = [];
      own.sorted = [];
      own.told = false;
      return undefined;
    },
    blank: ({ first }) => first === undefined,
  });
  return {
    ...kind,
    lacks: (values) => (textOf(values[destinationField]) ?? '') === '',
    census: {
      span: remember,
      *of(hit) {
        const host = textOf(hit.values[hostField]);
        if (host === undefined) return;
        yield [ALL, host];
        const destination = destinationOf(hit);
        if (destination !== ALL) yield [destination, host];
      },
    },
  };
}
