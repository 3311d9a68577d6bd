import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const home = resolve(import.meta.dirname, '../..');
const files = readdirSync(join(home, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(home, 'src', name), 'utf8') }));
const holding = (pattern: RegExp): string[] => files.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

describe('what the code does not do', () => {
  test('S24: it makes no code out of text', () => {
    // These two prove that it could not.
    expect(holding(/\beval\(|new Function\(|from 'node:vm'|require\(/).sort()).toEqual(['cli/doctor/local.ts', 'main.ts']);
    expect(holding(/\bimport\((?!')/)).toEqual([]);
  });

  test('S68: processes are started by two commands alone, and never by the engine', () => {
    expect(holding(/node:child_process/).sort()).toEqual(['cli/chromium.ts', 'cli/report-timer.ts']);
    expect(holding(/\b(?:execSync|spawnSync)\(|shell: true/)).toEqual([]);
  });

  test('S42: no SQL is put together from values: between the quotes of a statement stands no variable but constants', () => {
    // Lower case: three conditions of dead letters that are texts of their file.
    const stores = files.filter(({ name }) => name.startsWith('store/'));
    const inserted = stores.flatMap(({ text }) =>
      [...text.matchAll(/(?:prepare|exec)\(\s*`[^`]*`/g)].flatMap(([sql]) => [...sql.matchAll(/\$\{([^}]+)\}/g)].map((match) => match[1])),
    );
    expect(inserted.filter((name) => !/^[A-Z_]+$|^(?:which|whole|place)$/.test(name ?? ''))).toEqual([]);
    expect(holding(/node:sqlite/).sort()).toEqual(['store/sqlite.ts']);
  });

  test('S23: patterns made at run time stand where they are known: rules go through shared/regex alone', () => {
    expect(holding(/RE2JS\./)).toEqual(['shared/regex.ts']);
    // Built from our own constants; what a rule or an event says never gets there.
    expect(holding(/new RegExp\(/).every((name) => /^(normalize|enrich)\//.test(name))).toBe(true);
    expect(holding(/new RegExp\(/).length).toBeLessThanOrEqual(9);
  });

  test('S58: no cookie is set or read, and no answer allows another origin', () => {
    expect(holding(/set-cookie|access-control-allow/i)).toEqual([]);
  });
});

describe('S72: secrets', () => {
  const SECRETS: readonly (readonly [string, RegExp])[] = [
    ['a private key', new RegExp(`-----BEGIN (?:[A-Z]+ )?PRIVATE ${'KEY'}-----\\s*[A-Za-z0-9+/]{40}`)],
    ['a key of AWS', /\bAKIA(?!.*EXAMPLE)[0-9A-Z]{16}\b/],
    ['a token of GitHub', /\bgh[pousr]_[A-Za-z0-9]{36}\b/],
    ['a token of Slack', /\bxox[abpr]-\d{10,}-[A-Za-z0-9-]{20,}/],
    ['a token of Wardline', /\bwl_[A-Za-z0-9_-]{43}\b/],
    ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/],
  ];
  const secretIn = (text: string): string | undefined => SECRETS.find(([, pattern]) => pattern.test(text))?.[0];

  test('no file of the repository holds a key or a token', () => {
    const folders = ['bench', 'bin', 'deploy', 'docs', 'rules', 'schemas', 'scripts', 'src', 'test'];
    const found = folders
      .flatMap((folder) => readdirSync(join(home, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
      .filter((name) => /\.(?:ts|js|json|ya?ml|md|ndjson|sh|txt|log|key|pem|conf)$/.test(name) && statSync(join(home, name)).isFile())
      .flatMap((name) => {
        const secret = secretIn(readFileSync(join(home, name), 'utf8'));
        return secret === undefined ? [] : [`${name}: ${secret}`];
      });
    expect(found).toEqual([]);
  });

  test('the look finds what it looks for', () => {
    expect(secretIn(`-----BEGIN PRIVATE ${'KEY'}-----\n${'A'.repeat(64)}`)).toBe('a private key');
    expect(secretIn(`x ${'AKIA'}ABCDEFGHIJKLMNOP y`)).toBe('a key of AWS');
    expect(secretIn(`${'wl'}_${'a'.repeat(43)}`)).toBe('a token of Wardline');
  });
});

test('S70: every package that runs with the product has its reason', () => {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const rows = readFileSync(join(home, 'docs/dependencies.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  expect(listed.toSorted()).toEqual([...Object.keys(dependencies ?? {}), ...Object.keys(optionalDependencies ?? {})].sort());
});

describe('S69: packages', () => {
  type Lock = {
    packages: Record<
      string,
      {
        version?: string;
        resolved?: string;
        integrity?: string;
        hasInstallScript?: boolean;
        link?: boolean;
        optional?: boolean;
        dev?: boolean;
        license?: string;
      }
    >;
  };
  const lock = JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8')) as Lock;
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies' | 'optionalDependencies',
    Record<string, string>
  >;
  const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

  test('have exact versions and a digest', () => {
    for (const group of ['dependencies', 'devDependencies', 'optionalDependencies'] as const)
      for (const [name, version] of Object.entries(manifest[group]))
        expect([name, /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)]).toEqual([name, true]);
    for (const [path, { integrity, link }] of installed) if (!link) expect([path, integrity?.startsWith('sha512-')]).toEqual([path, true]);
  });

  test('run no install scripts but the one that is known', () => {
    const running = installed
      .filter(([, one]) => one.hasInstallScript === true && one.dev !== true && one.optional !== true)
      .map(([path]) => path);
    expect(running).toEqual([]);
  });

  test('that the product needs have a licence that lets it be used', () => {
    const free =
      /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|Unlicense|Python-2\.0|MIT-0|CC0-1\.0|\(MIT AND BSD-3-Clause\)|\(MIT OR CC0-1\.0\))$/;
    const others = installed
      .filter(([, one]) => one.dev !== true && !free.test(one.license ?? ''))
      .map(([path, one]) => `${path} ${one.license}`);
    expect(others).toEqual([]);
  });
});
