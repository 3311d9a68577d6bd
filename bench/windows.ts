// State of windows with many keys: `npm run bench -- windows`, or `node bench/windows.ts [keys [case]]` (default 200,000), each case
// in a process of its own. Prints
// CPU per match beside JSON.parse of the same event, bytes of heap per key beside what the budget counts, and CPU per expired
// key. Ends with 1 where a key takes more than its mark, or more than a quarter above what is counted.
import { spawnSync } from 'node:child_process';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS } from '../src/correlate/correlator.ts';
import type { Match } from '../src/detect/match.ts';
import { loadRules } from '../src/rule/load.ts';
import type { JsonObject } from '../src/shared/json.ts';
import { heapBytes } from './heap.ts';

const SECOND = 1_000_000_000n;
const START = 1_800_000_000n * SECOND;

type Case = {
  readonly correlation: object;
  /** Matches of one key. */
  readonly each: number;
  /** Keys of so many. */
  readonly share: number;
  /** Bytes of heap that a key may take. */
  readonly mark: number;
  readonly ecs?: (n: number, user: string) => JsonObject;
};
const count = { type: 'event_count', rules: ['a'], 'group-by': ['user'], timespan: '1h', condition: { gte: 1000 } };
const values = { type: 'value_count', rules: ['a'], 'group-by': ['user'], timespan: '1h', condition: { field: 'host', gte: 100 } };
/** What a process creation of Windows says of who and where, about. */
const processOf = (n: number, user: string): JsonObject => ({
  event: { category: ['process'], type: ['start'] },
  host: { name: `ws-${n % 500}.corp.example`, hostname: `ws-${n % 500}` },
  user: { name: user, domain: 'CORP', id: `S-1-5-21-1004336348-1177238915-682003330-${n % 9000}` },
  process: {
    pid: n % 65_536,
    executable: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
    name: 'powershell.exe',
    command_line: `powershell.exe -NoProfile -File C:\\ProgramData\\Agent\\task-${n}.ps1`,
    parent: { pid: n % 4096, executable: 'C:\\Windows\\System32\\svchost.exe', name: 'svchost.exe' },
  },
  related: { user: [user], hosts: [`ws-${n % 500}`] },
});
const CASES: Readonly<Record<string, Case>> = {
  'one match': { correlation: count, each: 1, share: 1, mark: 170 },
  'two matches': { correlation: count, each: 2, share: 1, mark: 340 },
  'eight matches': { correlation: count, each: 8, share: 0.1, mark: 1000 },
  'one process creation': { correlation: count, each: 1, share: 0.2, mark: 530, ecs: processOf },
  'an episode of one match': { correlation: { ...count, condition: { gte: 1 } }, each: 1, share: 0.1, mark: 1350 },
  '16 process creations': { correlation: count, each: 16, share: 0.05, mark: 11_000, ecs: processOf },
  'value_count of 16': { correlation: values, each: 16, share: 0.1, mark: 5500 },
};

const member = { title: 'a', name: 'a', logsource: { category: 'bench' }, detection: { sel: { act: 'x' }, condition: 'sel' } };
const ruleOf = (correlation: object) =>
  loadRules([
    { path: 'bench.yml', text: [member, { title: 'c', name: 'c', correlation }].map((rule) => JSON.stringify(rule)).join('\n---\n') },
  ]).ruleset;

const nanos = (work: () => void, times: number): number => {
  const { user, system } = process.cpuUsage();
  work();
  const after = process.cpuUsage();
  return ((after.user + after.system - user - system) * 1000) / times;
};

async function measure(name: string, all: number): Promise<void> {
  const { correlation, each, share, mark, ecs = (_n: number, user: string) => ({ user: { name: user } }) } = CASES[name] as Case;
  const keys = Math.floor(all * share);
  const matchOf = (n: number): Match => {
    const user = `user-${n % keys}`;
    return {
      rule: 'a',
      origin: { source: 's', partition: 0, offset: BigInt(n), index: 0 },
      time: START + BigInt(n) * 1_000_000n,
      appendedAt: 1_800_000_000_000,
      lateness: 'in_time',
      fields: { user, host: `host-${Math.floor(n / keys)}` },
      ecs: ecs(n, user),
    };
  };
  const correlator = createCorrelator(ruleOf(correlation), { ...DEFAULT_CORRELATE_OPTIONS, maxGroups: 10_000_000, maxBytes: 1e12 });
  const matches = keys * each;
  const texts = Array.from({ length: 20_000 }, (_, n) => {
    const { fields, ecs: event } = matchOf(n);
    return JSON.stringify({ '@timestamp': '2027-01-15T08:00:00.000Z', act: 'x', ...fields, ...(ecs === undefined ? {} : event) });
  });
  const parse = nanos(() => {
    for (let n = 0; n < 200_000; n++) JSON.parse(texts[n % texts.length] as string);
  }, 200_000);
  const making = nanos(() => {
    for (let n = 0; n < matches; n++) matchOf(n);
  }, matches);
  const before = await heapBytes();
  const update =
    nanos(() => {
      for (let n = 0; n < matches; n++) correlator.apply({ kind: 'match', match: matchOf(n) });
    }, matches) - making;
  const bytes = ((await heapBytes()) - before) / keys;
  const stats = correlator.stats();
  if (stats.groups !== keys) throw new Error(`${stats.groups} groups of ${keys}`);
  const expiry = nanos(() => {
    correlator.apply({ kind: 'watermark', source: 's', partition: 0, time: START * 2n, idle: false });
  }, keys);
  if (correlator.stats().groups > 0) throw new Error('not everything expired');
  const counted = stats.bytes / keys;
  const wrong = [
    ...(bytes > mark ? [`more than ${mark} bytes per key`] : []),
    ...(bytes > 1.25 * counted ? ['more than a quarter above what is counted'] : []),
  ];
  if (wrong.length > 0) process.exitCode = 1;
  console.log(
    `${name}: ${update.toFixed(0)} ns per match (${(update / parse).toFixed(2)} x JSON.parse), ${bytes.toFixed(0)} bytes per key (${counted.toFixed(0)} counted), ${expiry.toFixed(0)} ns per expired key; ${keys} keys${wrong.length === 0 ? '' : `   missed: ${wrong.join(', ')}`}`,
  );
}

/** Measures every case, each in a process of its own; a line each, and those that missed their mark. */
export function windowSizes(keys = '200000'): { readonly lines: readonly string[]; readonly missed: readonly string[] } {
  const answers = Object.keys(CASES).map((name) => {
    const answer = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, keys, name], { encoding: 'utf8' });
    return { name, line: `${answer.stdout}${answer.stderr}`.trimEnd(), missed: answer.status !== 0 };
  });
  return { lines: answers.map(({ line }) => line), missed: answers.filter(({ missed }) => missed).map(({ name }) => name) };
}

if (import.meta.main) {
  const [keys, only] = process.argv.slice(2);
  if (only !== undefined) await measure(only, Number(keys));
  else {
    const { lines, missed } = windowSizes(keys);
    for (const line of lines) console.log(line);
    if (missed.length > 0) process.exitCode = 1;
  }
}
