import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import { durationText } from '../../shared/duration.ts';
import { confidenceOf } from '../detectors/judged.ts';
import { beaconScore, prevalence, regularity, staysLocal } from '../detectors/regularity.ts';
import type { Hit } from '../firing.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Kind } from '../kind.ts';
import { textsOf } from '../values.ts';
import { decisionsOf, rounded } from './told.ts';

type Own = Applied & { times: bigint[]; told: boolean };

const MAX_TIMES = 64;
/** Key under which every host counts, whatever it calls. */
const ALL = '';

/**
 * Calls of one process of a host to one destination at regular intervals (MAD of the intervals at most `maxDispersion` of
 * their median), where at most `maxPrevalence` of the other hosts call the same destination. With fewer than `minHosts`
 * hosts nobody can say what is common: undecided. Destinations on the host or its link are not judged.
 */
export function beacon(condition: Extract<MatchAnomaly, { readonly kind: 'beacon' }>): Kind {
  const { fields, minEvents, interval, maxDispersion, maxPrevalence, minHosts, remember } = condition;
  const [hostField, destinationField] = fields;
  const least = beaconScore(maxDispersion, maxPrevalence);
  const destinationOf = (hit: Hit): string => textsOf(hit.values[destinationField])[0] ?? '';
  const kind = inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, times: [], told: false }),
    apply(own, hit, { census }) {
      const { time } = hit;
      const destination = destinationOf(hit);
      if (destination === '' || staysLocal(destination)) return undefined;
      // Several connections at one instant are one call.
      if (own.times.at(-1) !== time) own.times.push(time);
      if (own.times.length > MAX_TIMES) own.times.shift();
      if (own.times.length < minEvents) return undefined;
      const origin = own.times[0] as bigint;
      const { median, dispersion } = regularity(own.times.map((one) => Number(one - origin)));
      if (median < Number(interval[0]) || median > Number(interval[1]) || dispersion > maxDispersion) return undefined;
      const [hosts, all] = [census?.members(destination, time) ?? 0, census?.members(ALL, time) ?? 0];
      const window = { time, start: origin, end: time };
      if (all < minHosts) {
        if (own.told) return undefined;
        own.told = true;
        return { ...window, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      const share = prevalence(hosts, all);
      if (share > maxPrevalence) return undefined;
      const decision = decisionsOf({
        what: `regular calls to ${destination} every ${durationText(BigInt(Math.round(median)))}; dispersion`,
        baseline: `${hosts} of ${all} hosts call it; ${own.times.length} calls`,
        expected: `more than ${maxDispersion}, or called by more than ${rounded(maxPrevalence * 100)} % of the other hosts`,
        observed: rounded(dispersion),
        confidence: confidenceOf(beaconScore(dispersion, share), least),
      });
      return { ...window, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ times }) => {
      const last = times.at(-1);
      return last === undefined ? undefined : last + remember;
    },
    elapsed(own) {
      own.times = [];
      own.told = false;
      return undefined;
    },
    blank: ({ times }) => times.length === 0,
  });
  return {
    ...kind,
    census: {
      span: remember,
      *of(hit) {
        const [host] = textsOf(hit.values[hostField]);
        if (host === undefined) return;
        yield [ALL, host];
        const destination = destinationOf(hit);
        if (destination !== ALL) yield [destination, host];
      },
    },
  };
}
