import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { home } from '../support/wardline.ts';

type Packed = { readonly integrity: string; readonly files: readonly { readonly path: string }[] };

const pack = (): Packed => {
  const [made] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: home,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as Packed[];
  if (made === undefined) throw new Error('npm made no tarball');
  return made;
};

test('S71: the tarball made twice is the same one, and holds what the product needs', () => {
  const [first, second] = [pack(), pack()];
  expect(second.integrity).toBe(first.integrity);
  const paths = first.files.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['package.json', 'bin/wardline.js', 'src/main.ts', 'LICENSE']));
  expect(paths.filter((path) => /(?:^|\/)(?:\.env|[^/]*\.(?:key|pem|db))$/.test(path) && !path.startsWith('test/'))).toEqual([]);
});
