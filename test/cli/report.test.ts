import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../src/cli/chromium.ts';

const home = resolve(import.meta.dirname, '../..');
const flags = ['--disallow-code-generation-from-strings', '--disable-proto=delete', join(home, 'src/main.ts')];
const wardline = (...args: string[]) => spawnSync(process.execPath, [...flags, ...args], { cwd: folder, encoding: 'utf8' });
const onPath = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-report-'));
  mkdirSync(join(folder, 'rules'));
  writeFileSync(
    join(folder, 'rules/seen.yml'),
    'title: Seen\nid: seen\nlevel: high\nlogsource: {category: test}\ndetection: {s: {word: seen}, condition: s}\n',
  );
  const lines = Array.from({ length: 48 }, (_, i) =>
    JSON.stringify({ word: i % 12 === 0 ? 'seen' : 'other', '@timestamp': new Date(Date.UTC(2026, 0, 1) + i * 1_800_000).toISOString() }),
  );
  writeFileSync(join(folder, 'events.ndjson'), `${lines.join('\n')}\n`);
  writeFileSync(
    join(folder, 'wardline.yaml'),
    JSON.stringify({
      sources: [{ kind: 'file', name: 'events', logsource: { category: 'test' }, path: 'events.ndjson' }],
      log: { level: 'silent' },
      reports: [
        { name: 'daily', schedule: '0 0 * * *', as: ['json', 'prometheus'], folder: 'out' },
        { name: 'strict', schedule: '0 0 * * *', as: ['csv'], folder: 'out', failOn: 'not-assessed' },
      ],
    }),
  );
  expect(wardline('run', '--once').status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const period = ['--from', '2026-01-01', '--to', '2026-01-02'];

describe('reports from the command line', () => {
  test('exit 1 from a status on, 0 without --fail-on, 2 for a status that is none', () => {
    const report = (...more: string[]) => wardline('report', 'compliance', ...period, '--as', 'json', '--out', 'r', ...more).status;
    expect([report(), report('--fail-on', 'not-assessed'), report('--fail-on', 'green')]).toEqual([0, 1, 2]);
  });

  test('what makes it fail is named; wrong times, folders and keys are wrong usage', () => {
    const report = (...args: string[]) => wardline('report', 'compliance', '--pack', 'nist-800-53-core', ...args);
    expect(report(...period, '--out', 'r', '--fail-on', 'not-assessed').stderr).toMatch(/exit 1: \d+ not-assessed \([a-z0-9-]+_obj/);
    const wrong = [
      [report('--from', '2020-02-30', '--to', '2020-03-02'), /--from takes a time such as/],
      [report('--from', '2026-01-01', '--to', '2026-01-02T00:00:30Z'), /--to takes whole minutes/],
      [report(...period, '--out', 'nowhere/r'), /cannot write nowhere\/r\.json: there is no folder nowhere/],
      [wardline('evidence', 'verify', 'none.tar', '--key', 'wardline.yaml'), /there is no file none\.tar/],
      [wardline('evidence', 'verify', 'events.ndjson', '--key', 'wardline.yaml'), /wardline\.yaml: expected an Ed25519 public key/],
      [wardline('evidence', 'export', '--key', 'wardline.yaml'), /wardline\.yaml: expected an Ed25519 private key/],
    ] as const;
    for (const [{ status, stderr }, message] of wrong) expect([stderr, status]).toEqual([expect.stringMatching(message), 2]);
  });

  test.each([
    [{ pack: 'no-such-pack' }, /report "x": there is no file no-such-pack/],
    [{ profile: 'no-such-profile.yml' }, /report "x": there is no file .*no-such-profile\.yml/],
    [{ folder: 'wardline.yaml/reports' }, /report "x": /],
    [{ timezone: 'Nowhere/City' }, /timezone: "Nowhere\/City" is no time zone/],
  ])('the engine does not start with a report that cannot be made: %j', (part, message) => {
    const settings = JSON.parse(readFileSync(join(folder, 'wardline.yaml'), 'utf8')) as { reports: object[] };
    settings.reports = [{ name: 'x', schedule: '0 0 * * *', ...part }];
    writeFileSync(join(folder, 'other.yaml'), JSON.stringify(settings));
    const { status, stderr } = wardline('run', '--once', '--config', 'other.yaml');
    expect([stderr, status]).toEqual([expect.stringMatching(message), 2]);
  });

  test('a statement of a person goes into the ledger, and decides what rests on it', () => {
    const attest = (...args: string[]) => wardline('evidence', 'attest', 'au-6-review', '--by', 'Kim', ...args);
    const review = () => {
      const { stdout } = wardline('report', 'compliance', ...period);
      const { measures } = JSON.parse(stdout) as { measures: { measure: { id: string }; verdict: string; reasons: string[] }[] };
      const found = measures.find(({ measure }) => measure.id === 'au6.review');
      return [found?.verdict, ...(found?.reasons ?? [])];
    };
    expect(review()).toEqual(['undecided', 'attestation-missing']);
    expect(attest('--from', '2026-01-01', '--for', '2d', '--note', 'minutes of 2026-01-02').stdout).toBe(
      'Kim states: au-6-review is met, until 2026-01-03T00:00:00.000Z\n',
    );
    wardline('run', '--once');
    expect(review()).toEqual(['pass']);
    attest('--from', '2026-01-01', '--for', '3d', '--not-met');
    wardline('run', '--once');
    expect(review()).toEqual(['fail', 'criterion-not-met']);
    for (const wrong of [
      ['--for', 'week'],
      ['--for', '400d'],
      ['--from', '2026-02-30'],
      ['--by', ' '],
    ])
      expect(attest(...wrong).status).toBe(2);
  });

  test('a shipped pack is taken by its name, and all are listed', () => {
    const listed = JSON.parse(wardline('report', 'packs', '-o', 'json').stdout) as { name: string; controls: number }[];
    expect(listed.map(({ name }) => name)).toContain('nist-800-53-moderate');
    for (const { name, controls } of listed) {
      const { stdout, status } = wardline('report', 'compliance', ...period, '--pack', name);
      expect([name, status]).toEqual([name, 0]);
      const made = JSON.parse(stdout) as { controls: object[]; scope: { controls: { total: number } } };
      expect(made.scope.controls.total).toBe(controls);
      if (name !== 'nist-800-53-core') expect(made.controls).toHaveLength(controls);
    }
    const { stderr, status } = wardline('report', 'compliance', ...period, '--pack', 'nist-800-53r5-core');
    expect([status, stderr]).toEqual([2, expect.stringContaining('did you mean nist-800-53-core?')]);
  });

  test('reports of the settings are made once per period; a status that fails is exit code 1', () => {
    const first = wardline('report', 'run');
    expect(first.status).toBe(1);
    const files = readdirSync(join(folder, 'out')).sort();
    expect(files.map((name) => name.replace(/_\d{8}T\d{4}/g, '_T'))).toEqual(['daily_T_T.json', 'daily_T_T.prom', 'strict_T_T.csv']);
    const again = wardline('report', 'run');
    expect([again.status, again.stdout]).toEqual([0, 'every report is up to date\n']);
    rmSync(join(folder, 'out', files[0] as string));
    rmSync(join(folder, 'out', files[1] as string));
    expect(wardline('report', 'run', '--only', 'daily').stdout).toContain('1 report made');
    expect(wardline('report', 'run', '--only', 'weekly').status).toBe(2);
  });

  const chromium = findChromium(process.env);
  if (chromium === undefined) console.log('skipped: PDF, because no Chromium is on the PATH');
  test.skipIf(chromium === undefined)('a PDF has the scope statement and every control', () => {
    const { status, stderr } = wardline('report', 'compliance', ...period, '--as', 'pdf,json', '--out', 'printed');
    expect([status, stderr]).toEqual([0, 'wrote printed.pdf\nwrote printed.json\n']);
    const pdf = readFileSync(join(folder, 'printed.pdf'));
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    if (!onPath('pdftotext')) return;
    const text = execFileSync('pdftotext', ['-layout', join(folder, 'printed.pdf'), '-'], { encoding: 'utf8' }).replace(/\s+/g, ' ');
    const { scope, controls } = JSON.parse(readFileSync(join(folder, 'printed.json'), 'utf8')) as {
      scope: { statement: string };
      controls: { id: string; title: string }[];
    };
    expect(text).toContain(scope.statement.slice(0, 60));
    for (const { id, title } of controls) expect(text).toContain(`${id.toUpperCase()} ${title}`);
  });

  test('without a browser, pdf says what it needs', () => {
    const child = spawnSync(process.execPath, [...flags, 'report', 'compliance', ...period, '--as', 'pdf', '--out', 'p'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: '/nowhere' },
    });
    expect([child.status, child.stderr.includes('pdf needs Chromium or Chrome')]).toEqual([2, true]);
    expect(existsSync(join(folder, 'p.pdf'))).toBe(false);
  });

  const gateway = onPath('prometheus-pushgateway');
  if (!gateway) console.log('skipped: Pushgateway, because prometheus-pushgateway is not on the PATH');
  test.skipIf(!gateway)('figures reach a real Pushgateway, and a second report takes the place of the first', async () => {
    const port = await freePort();
    const server = spawn('prometheus-pushgateway', [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
    try {
      const url = `http://127.0.0.1:${port}`;
      await until(async () => (await fetch(`${url}/-/ready`)).ok);
      const push = () => wardline('report', 'compliance', ...period, '--as', 'prometheus', '--out', 'm', '--push', url);
      expect([push().status, push().status]).toEqual([0, 0]);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const own = (text: string): string[] =>
        text
          .split('\n')
          .filter((line) => line.startsWith('wardline_objectives{'))
          .sort();
      expect(own(metrics)).toHaveLength(5);
      const written = own(readFileSync(join(folder, 'm.prom'), 'utf8')).map((line) => line.split(' ').at(-1));
      expect(
        own(metrics)
          .map((line) => line.split(' ').at(-1))
          .sort(),
      ).toEqual(written.sort());
    } finally {
      server.kill();
    }
  });

  test('a Pushgateway that is not there is an error that names the host and no password', () => {
    const { status, stderr } = wardline(
      'report',
      'compliance',
      ...period,
      '--as',
      'json',
      '--out',
      'n',
      '--push',
      'http://u:hunter2@127.0.0.1:9',
    );
    expect([status, stderr.includes('127.0.0.1:9'), stderr.includes('hunter2')]).toEqual([3, true, false]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Asks again until the answer is yes; the test's own time-out is the limit. */
async function until(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask().catch(() => false))) await new Promise((done) => setTimeout(done, 20));
}
