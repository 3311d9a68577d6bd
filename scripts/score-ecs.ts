// Compares our ECS documents with a peer's, field by field: `node scripts/score-ecs.ts [--json] [--misses] [FILE or FOLDER ...]`.
// Input lines: { source, stream, raw, context, expected, ignore }; see docs/formats.md for what is left out and why.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../src/decode/decode.ts';
import { loadTables } from '../src/enrich/load.ts';
import { createNormalizer, type Normalizer } from '../src/normalize/normalizer.ts';
import { createRouteTable } from '../src/normalize/routes.ts';
import { type Case, compareCase, formatOf, type Score, sum } from './score-ecs/compare.ts';

const flags = new Set(process.argv.slice(2).filter((arg) => arg.startsWith('--')));
const given = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const paths = given.length > 0 ? given : [resolve(import.meta.dirname, '../../shared/data/ecs')];

const missing = paths.filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.error(`there is no ${missing.join(', ')}; give files or folders of cases`);
  process.exit(2);
}
const files = paths.flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.ndjson'))
        .sort()
        .map((name) => join(path, name))
    : [path],
);

// The peer looked addresses up in databases of this vendor: without its test databases, geo fields count as missing.
const geoFolder = resolve(import.meta.dirname, '../../shared/data/geo/maxmind-test/test-data');
const geoip = ['GeoLite2-City-Test.mmdb', 'GeoLite2-ASN-Test.mmdb'].map((name) => join(geoFolder, name)).filter(existsSync);
const enrichment = loadTables({ geoip, assets: [], identities: [], indicators: [] }, '.')?.enrichment;

const routes = createRouteTable();
const normalizers = new Map<string, Normalizer>();
/** As a user would set up the source: the peer was told module, stream and zone as well. `--detect`: recognised by content. */
function normalizerFor(one: Case): Normalizer {
  const format = flags.has('--detect') ? undefined : formatOf(one);
  const timezone = one.context['event.timezone'];
  const key = `${format} ${timezone}`;
  let normalizer = normalizers.get(key);
  if (normalizer === undefined) normalizers.set(key, (normalizer = createNormalizer({ format, timezone, enrichment }, routes)));
  return normalizer;
}

const scores = new Map<string, Score>();
const misses = new Map<string, number>();
for (const file of files) {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  let score: Score = { documents: 0, shared: 0, ours: 0, theirs: 0 };
  for (const [offset, line] of lines.entries()) {
    const one = JSON.parse(line) as Case;
    const record = {
      source: 'score',
      partition: 0,
      offset: BigInt(offset),
      appendedAt: Date.UTC(2026, 0, 1),
      bytes: Buffer.from(one.raw),
      headers: new Map<string, string>(),
    };
    const [decoded] = decode(record, DEFAULT_LIMITS).documents;
    const document = decoded === undefined ? {} : normalizerFor(one).normalize(record, decoded).toEcs();
    const { shared, ours, theirs } = compareCase(one, document);
    score = sum(score, { documents: 1, shared: shared.length, ours: ours.length + shared.length, theirs: theirs.length + shared.length });
    const note = (sign: string, pair: string) => {
      const key = `${basename(file)} ${sign} ${flags.has('--values') ? pair : pair.split('\u0000')[0]}`;
      misses.set(key, (misses.get(key) ?? 0) + 1);
    };
    for (const pair of ours) note('+', pair);
    for (const pair of theirs) note('-', pair);
  }
  scores.set(basename(file, '.ndjson'), score);
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
const figures = ({ documents, shared, ours, theirs }: Score) => {
  const precision = ours === 0 ? 0 : shared / ours;
  const recall = theirs === 0 ? 0 : shared / theirs;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { documents, precision: rounded(precision), recall: rounded(recall), f1: rounded(f1) };
};
const overall = figures([...scores.values()].reduce(sum, { documents: 0, shared: 0, ours: 0, theirs: 0 }));
const formats = Object.fromEntries([...scores].map(([name, score]) => [name, figures(score)]));

if (flags.has('--json')) console.log(JSON.stringify({ overall, formats }, null, 2));
else {
  const row = (name: string, { documents, precision, recall, f1 }: ReturnType<typeof figures>) =>
    `${name.padEnd(26)} ${String(documents).padStart(9)} ${[precision, recall, f1].map((x) => x.toFixed(3).padStart(9)).join(' ')}`;
  console.log(`${'format'.padEnd(26)} documents precision    recall        F1`);
  for (const [name, one] of Object.entries(formats)) console.log(row(name, one));
  console.log(row('overall', overall));
}
if (flags.has('--misses'))
  for (const [key, count] of [...misses].sort((a, b) => b[1] - a[1])) console.log(`${String(count).padStart(6)} ${key}`);
