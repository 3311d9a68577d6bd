import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dataFolder, realLines } from '../corpus.ts';
import { allRules } from '../sigma.ts';
import type { Peer } from './peer.ts';
import { matchesOf } from './sigma-rust.ts';

const binary = resolve(import.meta.dirname, '../../.cache/peers/rsigma/bin/rsigma');

/** The command line of rsigma with its own routing: CPU time of a run less that of a run over no events. */
export const rsigma: Peer = {
  name: 'rsigma 0.23',
  every: 4,
  present: () => existsSync(binary),
  build: 'cargo install --locked --version ^0.23 --root .cache/peers/rsigma rsigma',
  compare(every, rounds) {
    const folder = mkdtempSync(join(tmpdir(), 'peer-'));
    try {
      const lines = realLines(every);
      const [events, none, out] = [join(folder, 'events'), join(folder, 'none'), join(folder, 'out')];
      writeFileSync(events, lines.map((line) => `${line.toString()}\n`).join(''));
      writeFileSync(none, '');
      const microseconds = Array.from({ length: rounds }, () => (run(events, out) - run(none, `${out}-none`)) / lines.length);
      const theirs = readFileSync(out, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => [String((JSON.parse(line) as { rule_id?: string }).rule_id), -1] as const);
      return { microseconds, events: lines.length, refused: new Set<string>(), theirs, ours: matchesOf(lines, allRules()) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** CPU time in microseconds, as the shell counts that of its children. */
function run(events: string, out: string): number {
  const args = ['engine', 'eval', '-r', join(dataFolder, 'sigmahq', 'rules'), '-e', `@${events}`];
  const options = ['--logsource-routing', '--event-logsource', 'product=windows', '--output-format', 'ndjson'];
  const { stdout, status } = spawnSync(
    'bash',
    ['-c', 'out=$1; shift; "$@" > "$out" 2> "$out.err"; code=$?; times; exit $code', '-', out, binary, ...args, ...options],
    {
      encoding: 'utf8',
    },
  );
  // A run that found something may say so by its exit code.
  if (status === null || status > 1) throw new Error(`rsigma ended with ${status}: ${readFileSync(`${out}.err`, 'utf8').slice(0, 500)}`);
  const spent = stdout.trim().split('\n').at(-1) ?? '';
  return [...spent.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60e6 + Number(seconds) * 1e6,
    0,
  );
}
