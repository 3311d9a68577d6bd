// Bytes that one idle group of each anomaly type holds beside its key: part of `npm run bench -- anomaly`; one type alone with
// `node --disallow-code-generation-from-strings bench/anomaly-state.ts TYPE`. Groups are filled and left until the last pane is
// over; heap after a forced collection, one process per type.

import { execFileSync } from 'node:child_process';
import { Session } from 'node:inspector/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { dice, gauss } from '../scripts/dice.ts';
import { kindOf } from '../src/correlate/conditions/index.ts';
import type { Hit } from '../src/correlate/firing.ts';
import { anomalyRule, census, hitsOf, SECOND, TYPES } from './anomaly.ts';

const HOUR = 3600;
/** Bytes that a baseline of numbers may take. */
const MOST = 256;

type State = {
  readonly type: string;
  readonly hits: (group: number) => Hit[];
  /** True: it keeps a baseline of numbers, which has a mark. */
  readonly baseline?: true;
  readonly groups?: number;
};

/** Eight days with a match every ten minutes, one in eleven left out. */
const steady = (group: number): Hit[] => hitsOf(group, 8 * 144, 600).filter((_hit, i) => (i * 7 + group) % 11 !== 0);

/** Hour after hour as many matches as independent events give (Poisson) at the rate of that hour; bytes are lognormal around 10,000. */
function hourly(group: number, hours: number, rate: (hour: number) => number): Hit[] {
  const next = dice(group + 1);
  const [one] = hitsOf(group, 1, 1);
  const hits: Hit[] = [];
  for (let hour = 0; hour < hours; hour++) {
    let count = 0;
    const mean = rate(hour);
    if (mean > 0) for (let chance = next(); chance > Math.exp(-mean); chance *= next()) count++;
    for (let i = 0; i < count; i++) {
      const values = { ...(one as Hit).values, bytes: Math.round(10_000 * Math.exp(gauss(next))) };
      hits.push({ ...(one as Hit), time: BigInt(hour * HOUR + Math.floor((i * HOUR) / count)) * SECOND, values });
    }
  }
  return hits;
}
/** Monday to Friday, eight to eighteen; hours from a Thursday, as the epoch began. */
const office = (hour: number): boolean => Math.floor(hour / 24 + 3) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 18;
/** Two an hour by night and up to fourteen by day. */
const dayAndNight = (hour: number): number => 2 + 12 * Math.max(0, Math.sin((((hour % 24) - 6) / 24) * 2 * Math.PI));

/** One match of each of `count` values, and that again in each of `hours`. */
const crowd = (group: number, count: number, hours: number): Hit[] =>
  hitsOf(group, count * hours, 1).map((hit, i) => ({
    ...hit,
    time: BigInt(Math.floor(i / count) * HOUR) * SECOND + BigInt(i % count) * 1_000_000n,
    values: { ...hit.values, value: `value ${i % count}` },
  }));

const WEEK = 'type: seasonal, season: hour_of_week, direction: up, timespan: 1h';
const STATES: Readonly<Record<string, State>> = {
  spike: { type: TYPES.spike, hits: steady, baseline: true },
  'spike of bytes': { type: `${TYPES.spike}, metric: sum, field: bytes`, hits: (group) => hourly(group, 192, () => 6), baseline: true },
  'seasonal by day': { type: TYPES.seasonal, hits: (group) => hourly(group, 192, () => 6), baseline: true },
  'bytes by day': { type: TYPES.bytes, hits: (group) => hourly(group, 192, () => 6), baseline: true },
  'seasonal by week': {
    type: WEEK,
    hits: (group) => hourly(group, 8 * 168, (hour) => (office(hour) ? 2 : 0)),
    baseline: true,
    groups: 100,
  },
  'by week, never idle': { type: WEEK, hits: (group) => hourly(group, 8 * 168, () => 6), baseline: true, groups: 100 },
  'by week, day and night': { type: WEEK, hits: (group) => hourly(group, 8 * 168, dayAndNight), baseline: true, groups: 100 },
  'bytes by week': {
    type: `${WEEK}, metric: sum, field: bytes`,
    hits: (group) => hourly(group, 8 * 168, (hour) => (office(hour) ? 2 : 0)),
    baseline: true,
    groups: 100,
  },
  'bytes by week, never idle': {
    type: `${WEEK}, metric: sum, field: bytes`,
    hits: (group) => hourly(group, 8 * 168, () => 6),
    baseline: true,
    groups: 100,
  },
  'time of day': { type: TYPES['time-of-day'], hits: steady, baseline: true },
  'peer group, member': { type: TYPES['peer-group'], hits: steady, baseline: true },
  'new value': { type: TYPES['new-value'], hits: steady },
  'new value, 5,000 of them': { type: TYPES['new-value'], hits: (group) => crowd(group, 5000, 1), groups: 20 },
  'rare, 1,000 values an hour': { type: TYPES.rare, hits: (group) => crowd(group, 1000, 24), groups: 3 },
  'rare, 3,000 values an hour': { type: TYPES.rare, hits: (group) => crowd(group, 3000, 24), groups: 3 },
  travel: { type: TYPES.travel, hits: steady },
  beacon: { type: TYPES.beacon, hits: steady },
  rare: { type: TYPES.rare, hits: steady },
  change: { type: TYPES.change, hits: steady, groups: 100 },
};

/** What each group keeps when time has passed for all of them. */
function fill(into: unknown[], { type, hits }: State): void {
  const { condition, timespan } = anomalyRule(type);
  const kind = kindOf(condition, { members: ['a'], timespan });
  const quiet = { silent: () => false, census };
  const rests: Hit[] = [];
  for (let group = 0; group < into.length; group++) {
    const own = kind.initial();
    const all = hits(group);
    const rest = all.at(-1) as Hit;
    for (const _trigger of kind.passed(all, own, { watermark: rest.time, ...quiet }));
    rests.push(rest);
    into[group] = own;
  }
  const watermark = rests.reduce((latest, { time }) => (time > latest ? time : latest), 0n) + 7200n * SECOND;
  into.forEach((own, i) => {
    for (const _trigger of kind.passed([rests[i] as Hit], own, { watermark, ...quiet }));
  });
}

/** What the heap (without code) falls by when the groups are let go. */
async function bytesOf(state: State): Promise<number> {
  const session = new Session();
  session.connect();
  const heap = async (): Promise<number> => {
    for (let i = 0; i < 3; i++) await session.post('HeapProfiler.collectGarbage');
    const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) => !/code|trusted/.test(name));
    return spaces.reduce((sum, { space_used_size: used }) => sum + used, process.memoryUsage().arrayBuffers);
  };
  const states = new Array<unknown>(state.groups ?? 500).fill(undefined);
  fill(states, state);
  const full = await heap();
  states.fill(undefined);
  return (full - (await heap())) / states.length;
}

/** Measures every type, each in a process of its own; a line each, and whether every mark was reached. */
export function stateBytes(): { readonly lines: readonly string[]; readonly missed: readonly string[] } {
  const missed: string[] = [];
  const lines = Object.entries(STATES).map(([name, { baseline }]) => {
    const answer = execFileSync(process.execPath, [...process.execArgv, import.meta.filename, name], { encoding: 'utf8' });
    const over = baseline && Number(answer) > MOST;
    if (over) missed.push(name);
    const mark = baseline === undefined ? '' : over ? `   missed: the mark is ${MOST}` : `   within ${MOST}`;
    return `  ${name.padEnd(34)} ${answer.trim().padStart(8)} bytes per idle group${mark}`;
  });
  return { lines, missed };
}

if (import.meta.main) {
  const state = STATES[process.argv[2] ?? ''];
  if (state === undefined) for (const line of stateBytes().lines) console.log(line);
  else console.log((await bytesOf(state)).toFixed(0));
}
