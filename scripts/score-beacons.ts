// The beacon detector on labelled connection series: `node scripts/score-beacons.ts [FILE] [--json]`.
// Lines: { dataset, host, process, dst_ip, times (epoch seconds), label ("c2" or "benign") }. All data sets are taken as one
// network: hosts per destination are counted over all of them.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { averagePrecision, readSeries, scoreSeries } from './score-beacons/rank.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});
const file = positionals[0] ?? resolve(import.meta.dirname, '../../shared/data/logs/beacon-series.ndjson');
if (flags.help) {
  console.log('node scripts/score-beacons.ts [FILE] [--json]');
  process.exit(0);
}
if (!existsSync(file)) {
  console.log(`there is no ${file}`);
  process.exit(3);
}
const ranked = scoreSeries(readSeries(readFileSync(file, 'utf8'))).sort((a, b) => b.score - a.score || a.dispersion - b.dispersion);
const precision = averagePrecision(ranked);
const alerted = ranked.filter(({ fires }) => fires);
const wrong = alerted.filter(({ label }) => label !== 'c2');

if (flags.json) console.log(JSON.stringify({ version: 1, averagePrecision: precision, ranked }));
else {
  for (const { score, fires, label, series, dispersion, calls, hosts } of ranked.filter(
    ({ score, label }) => score > 0.5 || label === 'c2',
  ))
    console.log(
      `${score.toFixed(3)} ${fires ? 'alert' : '     '} ${label.padEnd(7)} ${`${series.process} on ${series.host} to ${series.dst_ip}`.padEnd(72)} dispersion ${dispersion.toFixed(3)}, ${calls} calls, ${hosts} hosts`,
    );
  const c2 = ranked.filter(({ label }) => label === 'c2').length;
  console.log(
    `\naverage precision ${precision.toFixed(3)} over ${ranked.length} series, ${c2} of them c2; with the defaults of the rule ${alerted.length} alert, ${alerted.length - wrong.length} of them c2`,
  );
  for (const { series, score } of wrong)
    console.log(`false: ${series.process} on ${series.host} to ${series.dst_ip} (${score.toFixed(3)})`);
}
