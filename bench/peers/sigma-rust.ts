import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { labelFor } from '../../src/detect/routing.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import type { Detection } from '../../src/rule/ir/rule.ts';
import { realLines } from '../corpus.ts';
import { allRules, createMatch, recordOf } from '../sigma.ts';
import type { Peer, PeerResult } from './peer.ts';

const binary = resolve(import.meta.dirname, '../../.cache/peers/sigma-rust/release/peer-sigma-rust');

/** The crate as a library in a program of ours (sigma-rust/src/main.rs): routed by us, its parsing of events not timed. */
export const sigmaRust: Peer = {
  name: 'sigma-rust 0.7.0',
  // Every event is asked hundreds of rules one by one.
  every: 200,
  present: () => existsSync(binary),
  build: 'cargo build --release --manifest-path bench/peers/sigma-rust/Cargo.toml --target-dir .cache/peers/sigma-rust',
  compare(every, rounds) {
    const folder = mkdtempSync(join(tmpdir(), 'peer-'));
    try {
      return compareIn(folder, every, rounds);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function compareIn(folder: string, every: number, rounds: number): PeerResult {
  const rules = allRules();
  const lines = realLines(every);
  const file = (name: string, rows: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, rows.map((row) => `${row}\n`).join(''));
    return path;
  };
  const { routes, events } = routed(lines, rules);
  const matches = join(folder, 'matches');
  const out = execFileSync(
    binary,
    [
      file(
        'rules',
        rules.map(({ meta }) => meta.place.file),
      ),
      file('routes', routes),
      file('events', events),
      matches,
      String(rounds),
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const said = out.split('\n');
  const refused = new Set(said.filter((line) => line.startsWith('refused ')).map((line) => rules[Number(line.slice(8))]?.id ?? ''));
  const times = said.filter((line) => line.startsWith('round ')).map((line) => Number(line.slice(6)) / lines.length);
  const theirs = readFileSync(matches, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').map(Number))
    .map(([event, rule]) => [rules[rule as number]?.id ?? '', event as number] as const);
  return { microseconds: times, events: lines.length, refused, theirs, ours: matchesOf(lines, rules) };
}

/** Per event the rules that our routing lets it meet. */
function routed(lines: readonly Buffer[], rules: readonly Detection[]) {
  const normalizer = createNormalizer({}, createRouteTable());
  const numbers = new Map<number, number>();
  const routes: string[] = [];
  const events = lines.map((line) => {
    const record = recordOf(line, 0);
    const [decoded] = decode(record, DEFAULT_LIMITS).documents;
    if (decoded === undefined) throw new Error('a line of the corpus holds no event');
    const { route } = normalizer.normalize(record, decoded);
    let number = numbers.get(route.id);
    if (number === undefined) {
      number = routes.push([...rules.keys()].filter((i) => labelFor(rules[i]?.logsource, route) !== null).join(' ')) - 1;
      numbers.set(route.id, number);
    }
    return `${number}\t${line.toString()}`;
  });
  return { routes, events };
}

export function matchesOf(lines: readonly Buffer[], rules: readonly Detection[]): readonly (readonly [rule: string, event: number])[] {
  const match = createMatch(rules);
  return lines.flatMap((line, event) => {
    const found = match(line);
    return [...found.rules.subarray(0, found.count)].map((rule) => [rules[rule]?.id ?? '', event] as const);
  });
}
