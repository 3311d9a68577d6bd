import { durationText } from '../../shared/duration.ts';
import type { MatchAnomaly } from '../ir/anomaly.ts';
import { ANOMALY_BOUNDS } from '../ir/anomaly-bounds.ts';
import { type Look, learnSense, valueSense } from './sense-look.ts';

/** Half the way around the earth, in km; in the least time that counts (a minute) that is the greatest speed. */
const FARTHEST = 20_015.1;
const FASTEST = FARTHEST * 60;
/** Cars drive so fast. */
const SLOW = 100;
/** An hour and the ones beside it, of a day. */
const EVEN_SHARE = 1 / 8;

type Of<K extends MatchAnomaly['kind']> = Extract<MatchAnomaly, { readonly kind: K }>;

export function rareSense({ fields, share, minEvents, maxCount }: Of<'rare'>, look: Look): void {
  const { isWritten, error, warn } = look;
  valueSense(fields, look, share < 1 ? 'no value is rare' : 'every value has all matches');
  if (share === 0) error('share', '"share" is above 0; no value has fewer matches than none');
  else if (share === 1 && maxCount >= minEvents)
    error(
      'max_count',
      `with "share" 1 and "max_count" ${maxCount} every value is rare when there are "min_events" (${minEvents}) matches; the rule fires at whatever comes`,
    );
  else if (share === 1) warn('share', '"share" 1 asks nothing: every value has at most all of the matches');
  else if (maxCount >= minEvents)
    warn('max_count', `"max_count" (${maxCount}) is below "min_events" (${minEvents}); else it asks nothing when judging begins`);
  if (isWritten('min_events') && share > 0 && minEvents * share < 1)
    warn(
      'min_events',
      `"min_events" ${minEvents} has no effect: with "share" ${share} one match of a value is few only among ${Math.ceil(1 / share)}`,
    );
}

export function timeOfDaySense({ learn, minEvents, maxShare, forget }: Of<'time_of_day'>, look: Look): void {
  const { error, warn } = look;
  const { activeHours } = ANOMALY_BOUNDS;
  learnSense(learn, forget, 'forget', look);
  if (minEvents > activeHours)
    error(
      'min_events',
      `"min_events" ${minEvents} is never reached: of a group at most ${activeHours} active hours are counted; the rule can never fire`,
    );
  else if (minEvents > activeHours / 2 - 12)
    warn(
      'min_events',
      `"min_events" ${minEvents} is much: at ${activeHours} active hours all counts are halved, and the group learns again`,
    );
  if (maxShare === 1) error('max_share', '"max_share" 1 makes every hour unusual; the rule fires at whatever comes');
  else if (maxShare >= EVEN_SHARE)
    warn(
      'max_share',
      `"max_share" ${maxShare} is much: an hour and the ones beside it are ${EVEN_SHARE} of a day, so a group that is always active is told of`,
    );
}

export function travelSense({ fields, maxSpeed, minDistance, usualAfter, forget }: Of<'impossible_travel'>, look: Look): void {
  const { groupBy, error, warn } = look;
  const [location, , , , address] = fields;
  for (const [name, field] of [
    ['location', location],
    ['address', address],
  ] as const)
    if (groupBy.includes(field)) error(name, `"${field}" stands in group-by, so all matches of a group have the same: nobody travels`);
  if (minDistance > FARTHEST)
    error(
      'min_distance',
      `"min_distance" ${minDistance} is never reached: no two places are more than ${Math.floor(FARTHEST)} km apart; the rule can never fire`,
    );
  if (maxSpeed > FASTEST)
    error(
      'max_speed',
      `"max_speed" ${maxSpeed} is never reached: times below a minute count as one, which makes at most ${Math.floor(FASTEST)} km/h; the rule can never fire`,
    );
  else if (maxSpeed < SLOW) warn('max_speed', `"max_speed" ${maxSpeed} is low: cars drive faster; it is in km/h, and the default is 1000`);
  if (usualAfter > forget)
    warn(
      'usual_after',
      `"usual_after" (${durationText(usualAfter)}) is longer than "forget" (${durationText(forget)}): places are forgotten before they are usual`,
    );
}

export function beaconSense(condition: Of<'beacon'>, look: Look): void {
  const { fields, interval, maxDispersion, maxPrevalence, minHosts, remember } = condition;
  const [host, destination] = fields;
  const [from, to] = interval;
  const { groupBy, isWritten, error, warn } = look;
  if (host === destination)
    error('destination', `"destination" is the field of "host" (${host}): no host calls another; the rule fires at whatever comes`);
  if (groupBy.length > 0 && !groupBy.includes(destination))
    warn('group-by', `group-by lacks the destination "${destination}": calls to all destinations of a group are one series`);
  if (from > remember)
    error(
      'remember',
      `"remember" (${durationText(remember)}) is shorter than every "interval" (from ${durationText(from)}): a call is forgotten before the next one; the rule can never fire`,
    );
  else if (to > remember && isWritten('interval'))
    warn(
      'interval',
      `"interval" up to ${durationText(to)} is longer than "remember" (${durationText(remember)}), after which a series is forgotten; longer ones are never seen`,
    );
  if (maxDispersion >= 1)
    error(
      'max_dispersion',
      `"max_dispersion" ${maxDispersion} asks nothing: the dispersion of intervals is never above 1; the rule fires at any calls`,
    );
  if (maxPrevalence === 1) warn('max_prevalence', '"max_prevalence" 1 asks nothing: at most all hosts call a destination');
  if (minHosts === 1)
    warn('min_hosts', '"min_hosts" 1 asks nothing: a host alone has no others, and every destination is one that few call');
}

export function peerSense({ fields, learn, remember, maxShare }: Of<'peer_group'>, look: Look): void {
  const [peers, ...values] = fields;
  const { groupBy, error, warn } = look;
  if (values.every((field) => field === peers)) error('field', `"field" is the field of "peers" (${peers}): all peers have the same value`);
  else if (values.includes(peers)) warn('field', `"${peers}" is the field of "peers", which all peers have; leave it out`);
  valueSense(values, look, learn > 0n ? 'no value is new to its group' : 'every first match of a group is told of');
  if (groupBy.every((field) => field === peers))
    error(
      'group-by',
      `group-by names who is compared with its peers, such as user.name${groupBy.length === 0 ? '' : `; "${peers}" alone makes all peers one group`}: nobody has peers; the rule can never fire`,
    );
  learnSense(learn, remember, 'remember', look);
  if (maxShare === 1) warn('max_share', '"max_share" 1 asks nothing of the peers: what is new to a group alone is for type new_value');
}
