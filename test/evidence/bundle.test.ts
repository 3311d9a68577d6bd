import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeBundle } from '../../src/evidence/bundle.ts';
import type { LedgerEntry } from '../../src/evidence/entry.ts';
import { generateKeyFiles, readSigningKey, readVerifyKey, signHead } from '../../src/evidence/sign.ts';
import { readTar, writeTar } from '../../src/evidence/tar.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import { type BundleResult, verifyBundle } from '../../src/evidence/verify-bundle.ts';
import { recheckReport, reportFiles } from '../../src/report/sealed-report.ts';
import { aPack, aProfile, aQuietLog, aRule, walk } from '../report/world.ts';
import { aWorkshop, mutated } from './mutate.ts';

const entries = walk({ logs: [aQuietLog('s', 2)], rules: [aRule('r1'), aRule('r2')] }, [{ log: 0, take: 50, seal: true, restart: true }]);
const profile = aProfile('s');
const shop = aWorkshop(entries, reportFiles(entries, aPack(undefined, profile), { profile }));
const trusted = [readVerifyKey(shop.publicPem, 'whoever')];
const verify = (bytes: Uint8Array, anchor?: string): BundleResult => verifyBundle(bytes, { keys: trusted, anchor });
const codes = (result: BundleResult): string[] => [...new Set(result.faults.map(({ code }) => code))].sort();

test('a bundle verifies, and its reports can be made again from what is in it', () => {
  const result = verify(shop.bundle);
  expect(result).toMatchObject({ exitCode: 0, faults: [], head: { size: entries.length } });
  expect(recheckReport(result.files)).toMatchObject({ outcome: 'equal' });
});

test('the same entries, files and key give the same bytes', () => {
  expect(writeBundle(entries, { key: shop.key, publicPem: shop.publicPem, files: shop.files }).equals(shop.bundle)).toBe(true);
});

test('tar reads what was written, and the system tar does too', () => {
  const names = (readTar(shop.bundle) ?? []).map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  const listed = spawnSync('tar', ['-tf', '-'], { input: shop.bundle, encoding: 'utf8' });
  expect(listed.status).toBe(0);
  expect(listed.stdout.trim().split('\n')).toEqual(names);
});

test('a broken chain is never sealed', () => {
  const broken = entries.map((entry, i) => (i === 2 ? ({ ...entry, at: '2031-01-01T00:00:00.000Z' } as LedgerEntry) : entry));
  expect(() => writeBundle(broken, { key: shop.key, publicPem: shop.publicPem })).toThrow('does not verify at entry 2');
});

describe('exit codes', () => {
  const without = (name: string): Uint8Array => {
    const files = (readTar(shop.bundle) ?? []).filter((file) => file.name !== name);
    return writeTar(files);
  };
  test('1: invalid', () => expect(verify(mutated(shop, 0).bytes).exitCode).toBe(1));
  test('4: a named part is missing', () => expect(verify(without('reports/compliance.html'))).toMatchObject({ exitCode: 4 }));
  test('5: the key is not trusted', () =>
    expect(verifyBundle(shop.bundle, { keys: [] })).toMatchObject({ exitCode: 5, head: { size: entries.length } }));
  test('1 wins over 5, 5 over 4', () => {
    expect(verifyBundle(mutated(shop, 0).bytes, { keys: [] }).exitCode).toBe(1);
    expect(verifyBundle(without('VERIFY.md'), { keys: [] }).exitCode).toBe(5);
  });
});

describe('an older head from elsewhere', () => {
  const headAt = (n: number, key = shop.key): string => signHead(verifyChain(entries.slice(0, n)).head, key);
  test('of the same log is found at its beginning', () => {
    for (const n of [0, 1, 3, entries.length]) expect(verify(shop.bundle, headAt(n)).faults, `${n}`).toEqual([]);
  });
  test('that is newer than the bundle shows that the log was rolled back', () => {
    const shorter = writeBundle(entries.slice(0, -2), { key: shop.key, publicPem: shop.publicPem });
    expect(codes(verify(shorter, headAt(entries.length)))).toEqual(['anchor']);
  });
  test('of another log is not', () => {
    const other = walk({ logs: [aQuietLog('x', 2)], rules: [] });
    expect(codes(verify(shop.bundle, signHead(verifyChain(other).head, shop.key)))).toEqual(['anchor']);
  });
  test('signed by another key proves nothing', () => {
    const stranger = readSigningKey(generateKeyFiles().privatePem, 'wardline/test');
    expect(codes(verify(shop.bundle, headAt(3, stranger)))).toEqual(['anchor']);
  });
});

test('a report that does not follow from the log is found though it was signed', () => {
  const files = shop.files.map((file) => (file.name === 'reports/compliance.csv' ? { ...file, bytes: Buffer.from('section\r\n') } : file));
  const { files: sealed } = verify(writeBundle(entries, { key: shop.key, publicPem: shop.publicPem, files }));
  expect(recheckReport(sealed)).toMatchObject({ outcome: 'different' });
});

describe('the second verifier', () => {
  const script = resolve(import.meta.dirname, '../../deploy/verify/verify_bundle.py');
  let folder = '';
  const present = spawnSync('python3', ['--version']).status === 0;
  if (!present) console.log('skipped: agreement of the two verifiers, because python3 is not there');
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wardline-bundles-'));
    writeFileSync(join(folder, 'key.pem'), shop.publicPem);
    writeFileSync(join(folder, 'bundle.tar'), shop.bundle);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const python = (...args: string[]) => spawnSync('python3', [script, ...args, '--key', join(folder, 'key.pem')], { encoding: 'utf8' });

  test.skipIf(!present)('says the bundle is verified, also with an anchor', () => {
    writeFileSync(join(folder, 'head.txt'), signHead(verifyChain(entries.slice(0, 4)).head, shop.key));
    expect(python(join(folder, 'bundle.tar'))).toMatchObject({ status: 0, stdout: 'verified\n' });
    expect(python(join(folder, 'bundle.tar'), '--anchor', join(folder, 'head.txt'))).toMatchObject({ status: 0 });
  });

  const openssl = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout?.startsWith('OpenSSL 3') ?? false;
  if (present && !openssl) console.log('skipped: the second verifier with the openssl command, because openssl 3 is not there');
  test.skipIf(!present || !openssl)('checks signatures with the openssl command where the package is not there', () => {
    writeFileSync(join(folder, 'cryptography.py'), "raise ImportError('not here')\n");
    const run = (bundle: Uint8Array) => {
      writeFileSync(join(folder, 'other.tar'), bundle);
      const env = { ...process.env, PYTHONPATH: folder };
      return spawnSync('python3', [script, join(folder, 'other.tar'), '--key', join(folder, 'key.pem')], { encoding: 'utf8', env });
    };
    expect(run(shop.bundle)).toMatchObject({ status: 0, stdout: 'verified\n' });
    const stranger = aWorkshop(entries, shop.files);
    const swapped = (readTar(shop.bundle) ?? []).map((file) =>
      file.name === 'log/head.txt'
        ? { ...file, bytes: readTar(stranger.bundle)?.find(({ name }) => name === file.name)?.bytes ?? file.bytes }
        : file,
    );
    expect(run(writeTar(swapped))).toMatchObject({ status: 1 });
  });
});
