import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { readVerifyKey } from '../src/evidence/sign.ts';
import { verifyBundle } from '../src/evidence/verify-bundle.ts';
import { reportFiles } from '../src/report/sealed-report.ts';
import { aWorkshop, MUTATION_KINDS, mutated } from '../test/evidence/mutate.ts';
import { aPack, aProfile, aQuietLog, aRule, walk } from '../test/report/world.ts';

/**
 * Holds the two verifiers of evidence bundles against each other: `node scripts/compare-verifiers.ts [count]` makes that
 * many mutated bundles (default 10,000), asks both, and ends with 1 when they differ or take one for the original.
 */
const count = Number(process.argv[2] ?? 10_000);
const entries = walk({ logs: [aQuietLog('s', 2)], rules: [aRule('r1'), aRule('r2')] }, [{ log: 0, take: 50, seal: true, restart: true }]);
const profile = aProfile('s');
const shop = aWorkshop(entries, reportFiles(entries, aPack(undefined, profile), { profile }));
const keys = [readVerifyKey(shop.publicPem, 'trusted')];
const folder = mkdtempSync(join(tmpdir(), 'wardline-bundles-'));
const keyFile = join(folder, 'key.pem');
const bundleFile = join(folder, 'bundle.tar');
writeFileSync(keyFile, shop.publicPem);

const script = resolve(import.meta.dirname, '../deploy/verify/verify_bundle.py');
const python: ChildProcessWithoutNullStreams = spawn('python3', [script, '--each', '--key', keyFile]);
python.stderr.pipe(process.stderr);
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();

const perKind = new Map<string, { made: number; found: number; differ: number }>();
const perCode = new Map<string, number>();
let [untouched, differ, taken] = [0, 0, 0];
for (let i = 0; i < count; i++) {
  const { kind, bytes } = mutated(shop, i);
  writeFileSync(bundleFile, bytes);
  const { exitCode, faults } = verifyBundle(bytes, { keys });
  const ours = `${exitCode} ${[...new Set(faults.map(({ code }) => code))].sort().join(',')}`;
  python.stdin.write(`${bundleFile}\n`);
  const theirs = String((await answers.next()).value);
  const tally = perKind.get(kind) ?? { made: 0, found: 0, differ: 0 };
  perKind.set(kind, tally);
  if (bytes.equals(shop.bundle)) {
    untouched++;
    continue;
  }
  tally.made++;
  if (exitCode !== 0) tally.found++;
  else taken++;
  for (const { code } of faults.slice(0, 1)) perCode.set(code, (perCode.get(code) ?? 0) + 1);
  if (ours.trim() !== theirs.trim()) {
    tally.differ++;
    differ++;
    console.log(`${kind}, number ${i}: ours "${ours}", theirs "${theirs}"`);
  }
}
python.stdin.end();
rmSync(folder, { recursive: true, force: true });
for (const kind of MUTATION_KINDS) console.log(kind.padEnd(28), JSON.stringify(perKind.get(kind)));
console.log('first reasons', JSON.stringify(Object.fromEntries([...perCode].sort())));
console.log(`${count} bundles, ${untouched} of them unchanged by chance, ${taken} taken for the original, ${differ} judged differently`);
process.exitCode = taken + differ > 0 ? 1 : 0;
