// The anomaly detectors on the Numenta Anomaly Benchmark: `node scripts/score-nab.ts [--detector change|seasonal|spike|none] [--transforms] [--json]`.
// Series, windows and weights lie in WARDLINE_NAB (default ../shared/data/nab). Parameters were chosen on every second file
// (the first, the third ...), never per file; the score of both halves is printed. `--transforms` prints instead how well the
// detector does on series made of the tuned half (transforms.ts), which is what settings are chosen by.
import { parseArgs } from 'node:util';
import { NAB_FOLDER, nabIsHere, type ProfileName, readCorpus, readProfile, type Series } from './score-nab/corpus.ts';
import { DETECTORS } from './score-nab/detectors.ts';
import { normalized, type Tally, tally } from './score-nab/score.ts';
import { TRANSFORMS } from './score-nab/transforms.ts';

const { values: flags } = parseArgs({
  options: {
    detector: { type: 'string', default: 'change' },
    profile: { type: 'string', default: 'standard' },
    transforms: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const detector = DETECTORS[flags.detector as keyof typeof DETECTORS];
if (flags.help || detector === undefined) {
  console.log(
    `node scripts/score-nab.ts [--detector ${Object.keys(DETECTORS).join('|')}] [--profile standard|reward_low_FP_rate|reward_low_FN_rate] [--transforms] [--json]`,
  );
  process.exit(flags.help ? 0 : 2);
}
if (!nabIsHere()) {
  console.log(`the benchmark is not at ${NAB_FOLDER}; set WARDLINE_NAB to a folder with data/, combined_windows.json and profiles.json`);
  process.exit(3);
}
const weights = readProfile(flags.profile as ProfileName);

type Row = { readonly series: Series; readonly half: 'tuned' | 'held out'; readonly at: (threshold: number) => Tally };
const rowOf = (series: Series, half: Row['half']): Row => {
  const alarms = detector.over(series);
  const known = new Map<number, Tally>();
  const at = (threshold: number): Tally => {
    const found = known.get(threshold) ?? tally(alarms(threshold), series.labels, weights, Number.MIN_VALUE);
    known.set(threshold, found);
    return found;
  };
  return { series, half, at };
};
const corpus = readCorpus().map((series, i) => ({ series, half: i % 2 === 0 ? ('tuned' as const) : ('held out' as const) }));
const sum = (of: readonly Row[], threshold: number): Tally =>
  of
    .map(({ at }) => at(threshold))
    .reduce((a, b) => ({
      raw: a.raw + b.raw,
      found: a.found + b.found,
      windows: a.windows + b.windows,
      falseAlarms: a.falseAlarms + b.falseAlarms,
    }));
const scoreOf = ({ raw, windows }: Tally): number => normalized(raw, windows, weights);
/** The one threshold that is best for all of them together, as the benchmark chooses it. */
const bestFor = (of: readonly Row[]): number =>
  detector.thresholds
    .map((threshold, i) => {
      if (process.stderr.isTTY) process.stderr.write(`\rthreshold ${i + 1} of ${detector.thresholds.length} `);
      return { threshold, raw: sum(of, threshold).raw };
    })
    .reduce((best, one) => (one.raw > best.raw ? one : best)).threshold;

if (flags.transforms) {
  const own = corpus.filter(({ half }) => half === 'tuned');
  const made = Object.entries(TRANSFORMS).map(([name, of]) => ({ name, rows: own.map(({ series, half }) => rowOf(of(series), half)) }));
  const every = made.flatMap(({ rows }) => rows);
  const threshold = bestFor(every);
  const scores = [...made, { name: 'together', rows: every }].map(({ name, rows }) => ({ name, ...sum(rows, threshold) }));
  if (flags.json) console.log(JSON.stringify({ version: 1, detector: flags.detector, profile: flags.profile, threshold, scores }));
  else {
    console.log(`${flags.detector}, profile ${flags.profile}, the tuned half, one threshold for all: ${threshold}\n`);
    for (const { name, found, windows, falseAlarms, ...tallied } of scores)
      console.log(
        `${name.padEnd(18)} ${scoreOf({ ...tallied, found, windows, falseAlarms })
          .toFixed(1)
          .padStart(5)}  ${found}/${windows} windows, ${falseAlarms} false alarms`,
      );
  }
  process.exit(0);
}

const rows = corpus.map(({ series, half }) => rowOf(series, half));
const tuned = rows.filter(({ half }) => half === 'tuned');
const heldOut = rows.filter(({ half }) => half === 'held out');

const best = bestFor(rows);
const fixed = bestFor(tuned);
const results = [
  { how: 'one threshold for the whole corpus, as the benchmark chooses it', threshold: best },
  { how: 'threshold chosen on the tuned half alone', threshold: fixed },
  { how: 'threshold that rules have by default', threshold: detector.shipped },
].map(({ how, threshold }) => ({
  how,
  threshold,
  all: sum(rows, threshold),
  tuned: sum(tuned, threshold),
  heldOut: sum(heldOut, threshold),
}));
const files = rows.map(({ series, half, at }) => ({ file: series.name, half, ...at(best) }));

if (flags.json) console.log(JSON.stringify({ version: 1, detector: flags.detector, profile: flags.profile, results, files }));
else {
  console.log(`${flags.detector}, profile ${flags.profile}, threshold ${best}\n`);
  for (const { file, half, raw, found, windows, falseAlarms } of files) {
    const score = windows === 0 ? '-' : normalized(raw, windows, weights).toFixed(1);
    console.log(
      `${file.padEnd(60)} ${half.padEnd(9)} ${score.padStart(6)}  windows found ${found}/${windows}, false alarms ${falseAlarms}`,
    );
  }
  console.log('');
  for (const { how, threshold, all, tuned: first, heldOut: second } of results)
    console.log(
      `${scoreOf(all).toFixed(1).padStart(5)} all 39   ${scoreOf(first).toFixed(1).padStart(5)} tuned half   ${scoreOf(second).toFixed(1).padStart(5)} held-out half   (${all.found}/${all.windows} windows, ${all.falseAlarms} false alarms; threshold ${threshold}: ${how})`,
    );
}
