import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readVerifyKey } from '../../src/evidence/sign.ts';
import { type BundleResult, verifyBundle } from '../../src/evidence/verify-bundle.ts';
import { reportFiles } from '../../src/report/sealed-report.ts';
import { aPack, aProfile, aQuietLog, aRule, walk } from '../report/world.ts';
import { aWorkshop, MUTATION_KINDS, mutated } from './mutate.ts';

const entries = walk({ logs: [aQuietLog('s', 2)], rules: [aRule('r1'), aRule('r2')] }, [{ log: 0, take: 50, seal: true, restart: true }]);
const profile = aProfile('s');
const shop = aWorkshop(entries, reportFiles(entries, aPack(undefined, profile), { profile }));
const trusted = [readVerifyKey(shop.publicPem, 'whoever')];
const verify = (bytes: Uint8Array): BundleResult => verifyBundle(bytes, { keys: trusted });
const codes = (result: BundleResult): string[] => [...new Set(result.faults.map(({ code }) => code))].sort();

const script = resolve(import.meta.dirname, '../../deploy/verify/verify_bundle.py');
const present = spawnSync('python3', ['--version']).status === 0;
if (!present) console.log('skipped: agreement of the two verifiers, because python3 is not there');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-bundles-'));
  writeFileSync(join(folder, 'key.pem'), shop.publicPem);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('no mutation is taken for the bundle', () => {
  for (let i = 0; i < 20 * MUTATION_KINDS.length; i++) {
    const { kind, bytes } = mutated(shop, i);
    if (!bytes.equals(shop.bundle)) expect(verify(bytes).exitCode, `${kind}, number ${i}`).not.toBe(0);
  }
});

test.skipIf(!present)('the second verifier agrees on mutated bundles, exit code and reasons', () => {
  const count = 12 * MUTATION_KINDS.length;
  const paths = Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${i}.tar`);
    writeFileSync(path, mutated(shop, i).bytes);
    return path;
  });
  const { stdout } = spawnSync('python3', [script, '--each', '--key', join(folder, 'key.pem')], {
    input: paths.map((p) => `${p}\n`).join(''),
    encoding: 'utf8',
  });
  const theirs = stdout.trim().split('\n');
  const ours = paths.map((_, i) => {
    const result = verify(mutated(shop, i).bytes);
    return `${result.exitCode} ${codes(result).join(',')}`;
  });
  // A kind that seals anew makes another key each time, so only codes can be compared, not bytes.
  for (const [i, line] of ours.entries())
    expect(theirs[i]?.trim(), `${MUTATION_KINDS[i % MUTATION_KINDS.length]}, number ${i}`).toBe(line.trim());
});
