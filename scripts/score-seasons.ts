// What remembering in 256 bytes does to `seasonal`: node scripts/score-seasons.ts [GROUPS]
// Groups are generated over twelve weeks of hours. From the seventh week on, when the memory is full, each pane is judged by
// the detector as it is and by one that remembers everything; at one pane in twenty they also judge what a rise or a fall
// would have made of it, which neither learns.
import type { Judged } from '../src/correlate/detectors/judged.ts';
import { seasonal } from '../src/correlate/detectors/seasonal.ts';
import { drawsOf, SERIES, type Series, SIZES } from './score-seasons/series.ts';

const HOURS = 168;
const WEEKS = 12;
const FULL = 6 * HOURS;
const SCORE = 6;
const OPTIONS = {
  direction: 'both',
  slots: HOURS,
  daily: 24,
  paneSeconds: 3600,
  offsetSeconds: () => 0,
  keep: 6,
  minHistory: 3,
  score: SCORE,
  floor: undefined,
} as const;

/** Distances in deviations, of what was usual and of what was made of each size; steps in values, and usual panes. */
type Seen = { readonly usual: number[]; readonly made: number[][]; steps: number };
const newSeen = (): Seen => ({ usual: [], made: SIZES.map(() => []), steps: 0 });

/** The confidence says how far off a value was. */
const distanceOf = (judged: Judged): number => (judged.known ? (SCORE * judged.confidence) / (1 - judged.confidence) : 0);

/** `shift`: from the eighth week on there is so many times as much. */
function run(series: Series, groups: number, shift = 1): readonly Seen[] {
  const coarse = series.sums === true;
  const detectors = [seasonal({ ...OPTIONS, coarse }), seasonal({ ...OPTIONS, coarse, budget: Number.POSITIVE_INFINITY })];
  const seen = detectors.map(newSeen);
  for (let group = 0; group < groups; group++) {
    const draw = drawsOf(series, group);
    const owns = detectors.map((detector) => ({ past: detector.initial() }));
    for (let hour = 0; hour < WEEKS * HOURS; hour++) {
      const { usual, made } = draw(hour, hour >= FULL + HOURS ? shift : 1, hour >= FULL);
      detectors.forEach((detector, i) => {
        const own = owns[i] as { past: string };
        const into = seen[i] as Seen;
        made.forEach((value, size) => void into.made[size]?.push(distanceOf(detector.judge({ past: own.past }, hour * 3600, value))));
        const judged = detector.judge(own, hour * 3600, usual);
        if (hour < FULL) return;
        into.usual.push(distanceOf(judged));
        if (judged.known) into.steps += judged.step ?? 0;
      });
    }
  }
  return seen;
}

const from = (distances: readonly number[], least: number): number => distances.filter((one) => one >= least).length;
const percent = (distances: readonly number[], least: number): string => ((100 * from(distances, least)) / distances.length).toFixed(0);

const groups = Number(process.argv[2] ?? 8);
console.log(`Found in percent, at so many times the usual rate: as it is / remembering everything / the same with a score`);
console.log(`at which it has as few false alarms. Score ${SCORE}, ${groups} groups each. False alarms per 10,000 panes.\n`);
console.log(`${''.padEnd(50)}${SIZES.map((size) => `x ${size}`.padStart(12)).join('')}  false alarms  steps (in deviations)`);
for (const series of SERIES) {
  const [own, all] = run(series, groups) as [Seen, Seen];
  const wrong = from(own.usual, SCORE);
  // What the first false alarm too many has is not enough.
  const fair = Math.max(SCORE, (all.usual.toSorted((a, b) => b - a)[wrong] ?? 0) + 1e-9);
  const cells = SIZES.map((_, i) => {
    const [a, b] = [own.made[i] ?? [], all.made[i] ?? []];
    return `${percent(a, SCORE)}/${percent(b, SCORE)}/${percent(b, fair)}`.padStart(12);
  });
  const alarms = [wrong, from(all.usual, SCORE)].map((count) => ((10_000 * count) / own.usual.length).toFixed(0)).join('/');
  const steps = own.steps / own.usual.length / series.deviation;
  console.log(`${series.name.padEnd(50)}${cells.join('')}  ${alarms.padStart(12)}  ${steps.toFixed(1).padStart(21)}`);
}

console.log('\nPanes that alert in percent, in the weeks after a rate rose to three times for good:');
for (const series of SERIES.slice(3, 4)) {
  const [own, all] = run(series, groups, 3) as [Seen, Seen];
  const weeks = Array.from({ length: WEEKS - 7 }, (_, week) => {
    const of = ({ usual }: Seen): string =>
      percent(
        usual.filter((_one, i) => Math.floor((i % (WEEKS * HOURS - FULL)) / HOURS) === week + 1),
        SCORE,
      );
    return `${of(own)}/${of(all)}`.padStart(12);
  });
  console.log(`${series.name.padEnd(50)}${weeks.join('')}`);
}

/** CPU microseconds of a pane whose group has a full memory. */
function costOf(budget?: number): number {
  const detector = seasonal({ ...OPTIONS, coarse: false, budget });
  const own = { past: detector.initial() };
  const draw = drawsOf(SERIES[2] as Series, 0);
  const values = Array.from({ length: 10 * HOURS }, (_, hour) => draw(hour, 1, false).usual);
  const fill = (): void => values.forEach((value, hour) => void detector.judge(own, hour * 3600, value));
  fill();
  const before = process.cpuUsage();
  fill();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / values.length;
}
const [steps, whole] = [costOf(), costOf(Number.POSITIVE_INFINITY)];
console.log(
  `\nA pane of a week in steps costs ${(steps / whole).toFixed(1)} times one that is kept whole (${steps.toFixed(0)} us of CPU time).`,
);
