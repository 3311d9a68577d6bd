import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const home = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'wardline-how-to-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with an `npx` that runs this checkout, put before all others. */
writeFileSync(
  join(folder, 'npx'),
  `#!/bin/sh\nshift\nexec "${process.execPath}" --disallow-code-generation-from-strings --disable-proto=delete "${join(home, 'src/main.ts')}" "$@"\n`,
);
chmodSync(join(folder, 'npx'), 0o755);
const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };

const sections = readFileSync(join(home, 'docs/how-to.md'), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    steps: [...text.matchAll(/```sh\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)].map((found) => ({
      commands: found[1] ?? '',
      lines: (found[2] ?? '').trim().split('\n'),
    })),
    blocks: text.split('```sh').length - 1,
  }));

describe('docs/how-to.md', () => {
  test('every block of commands says what comes of it', () => {
    for (const { title, steps, blocks } of sections) expect([title, steps.length]).toEqual([title, blocks]);
    expect(sections.flatMap(({ steps }) => steps).length).toBeGreaterThan(8);
  });

  test.each(sections.filter(({ steps }) => steps.length > 0))('$title', ({ title, steps }) => {
    const where = join(folder, title.replace(/\W+/g, '-'));
    rmSync(where, { recursive: true, force: true });
    expect(spawnSync('npx', ['wardline', 'init', where], { env, encoding: 'utf8' }).status).toBe(0);
    for (const { commands, lines } of steps) {
      const { stdout, stderr, status } = spawnSync('sh', ['-c', commands], { cwd: where, env, encoding: 'utf8' });
      // 1 is an answer as well: there is a difference, a problem, something dead.
      if (status !== 0 && status !== 1) expect(stderr).toBe(`exit code ${status}`);
      for (const line of lines) expect(stdout + stderr).toContain(line);
    }
  });
});
