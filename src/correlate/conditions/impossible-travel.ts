import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import { isObject, type JsonValue } from '../../shared/json.ts';
import { confidenceOf } from '../detectors/judged.ts';
import type { Hit } from '../firing.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Kind } from '../kind.ts';
import { numberOf, textOf } from '../values.ts';
import type { Look } from './panes.ts';
import { decisionsOf, rounded } from './told.ts';

/** Degrees, and the radius of uncertainty in km. */
type Place = { readonly lat: number; readonly lon: number; readonly radius: number };
type Travel = Extract<MatchAnomaly, { readonly kind: 'impossible_travel' }>;
type Fields = Travel['fields'];
type Own = Applied & {
  last: { readonly place: Place; readonly time: bigint; readonly address: string; readonly hit: Hit } | undefined;
  /** Places that were seen, the one used longest ago first, and since when. */
  usual: { readonly place: Place; readonly since: bigint }[];
};

const MAX_USUAL = 16;
const EARTH_KM = 6371;

/**
 * Two matches of a group from places that nobody travels between in the time: great circle less both radii at least
 * `minDistance` km, and faster than `maxSpeed` km/h. The same address and matches without a place are not judged; a way
 * between two places that are both usual (seen first `usualAfter` ago) is no news.
 */
export function impossibleTravel(condition: Travel, look?: Look): Kind {
  const { fields, maxSpeed, minDistance, usualAfter, forget } = condition;
  const addressField = fields[4];
  const kind = inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, last: undefined, usual: [] }),
    apply(own, hit, { dropped }) {
      const place = placeOf(hit.values, fields);
      if (place === undefined) return undefined;
      const { time } = hit;
      const address = textOf(hit.values[addressField]) ?? '';
      const before = own.last;
      own.last = { place, time, address, hit };
      const sameAddress = before !== undefined && address !== '' && address === before.address;
      // A match from the same place is the common one, and asks for no sines.
      const distance =
        before === undefined || sameAddress || samePlace(before.place, place)
          ? 0
          : Math.max(0, greatCircle(before.place, place) - before.place.radius - place.radius);
      const hours = before === undefined || distance === 0 ? 1 : Math.max(Number(time - before.time) / 1e9, 60) / 3600;
      const speed = distance / hours;
      const wasUsual = (one: Place): boolean =>
        own.usual.some((known) => near(known.place, one, minDistance) && known.since <= time - usualAfter);
      const far = before !== undefined && !sameAddress && distance >= minDistance && speed > maxSpeed;
      const known = far && wasUsual(before.place) && wasUsual(place);
      if (remember(own, place, time, minDistance)) dropped?.(1, time);
      const fired = far && !known;
      const confidence = confidenceOf(speed, maxSpeed);
      look?.({
        start: time,
        value: speed,
        judged: { known: true, fired, baseline: 'the place before', expected: 0, low: 0, high: maxSpeed, confidence },
      });
      if (!far || known) return undefined;
      const decision = decisionsOf({
        what: `travel over ${rounded(distance)} km in ${rounded(hours * 60)} min, km/h`,
        baseline: `the place before: ${text(before.place)}, now ${text(place)}`,
        expected: `at most ${maxSpeed}`,
        observed: rounded(speed),
        confidence,
      });
      return { time, start: before.time, end: time, explain: () => ({ decision, hits: [before.hit, hit] }) };
    },
    due: ({ last }) => (last === undefined ? undefined : last.time + forget),
    postpones: true,
    elapsed(own) {
      own.last = undefined;
      own.usual = [];
      return undefined;
    },
    blank: ({ last }) => last === undefined,
  });
  return { ...kind, lacks: (values) => placeOf(values, fields) === undefined } as Kind;
}

/** True where another place, the one used longest ago, was let go for it. */
function remember(own: Own, place: Place, time: bigint, within: number): boolean {
  if (own.usual.length === 1 && samePlace((own.usual[0] as Own['usual'][number]).place, place)) return false;
  const at = own.usual.findIndex((known) => near(known.place, place, within));
  const [known = { place, since: time }] = at < 0 ? [] : own.usual.splice(at, 1);
  own.usual.push(known);
  return own.usual.length > MAX_USUAL && own.usual.shift() !== undefined;
}

const near = (a: Place, b: Place, within: number): boolean => greatCircle(a, b) < within;
const samePlace = (a: Place, b: Place): boolean => a.lat === b.lat && a.lon === b.lon;

/** Kilometres on a sphere (haversine). */
export function greatCircle(a: Omit<Place, 'radius'>, b: Omit<Place, 'radius'>): number {
  const rad = Math.PI / 180;
  const half = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2;
  const side = Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(half + side)));
}

/** `{lat, lon}`, `[lon, lat]`, `"lat,lon"`, or the two as fields of their own (the forms of a geo point). */
function placeOf(values: Hit['values'], [location, latField, lonField, radiusField]: Fields): Place | undefined {
  const point = values[location];
  const radius = values[radiusField];
  if (Array.isArray(point)) return placeAt(numberOf(point[1]), numberOf(point[0]), radius);
  if (point !== undefined && isObject(point)) return placeAt(numberOf(point['lat']), numberOf(point['lon']), radius);
  if (typeof point === 'string') {
    const [lat, lon] = point.split(',').map(Number);
    if (Number.isFinite(lat) && Number.isFinite(lon)) return placeAt(lat, lon, radius);
  }
  return placeAt(numberOf(values[latField]), numberOf(values[lonField]), radius);
}

function placeAt(lat: number | undefined, lon: number | undefined, radius: JsonValue | undefined): Place | undefined {
  if (lat === undefined || lon === undefined || Math.abs(lat) > 90 || Math.abs(lon) > 180) return undefined;
  return { lat, lon, radius: numberOf(radius) ?? 0 };
}

const text = ({ lat, lon }: Place): string => `${rounded(lat)}, ${rounded(lon)}`;
