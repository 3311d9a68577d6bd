// Ratios, each in one run against a named reference: one process per case, rounds A B A B, CPU time of all threads.
//   npm run bench [-- GROUP...] [--rounds N] [--every N] [--json FILE] [--skip-gate] [--peer NAME...]
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { available } from './corpus.ts';
import { GROUPS, type GroupName } from './groups.ts';
import { comparePeer, PEERS } from './peers/index.ts';

// Times of the wall and not ratios of CPU time: a program of its own, with its own flags.
if (process.argv[2] === 'latency') {
  await import('./latency.ts');
  process.exit();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    every: { type: 'string', default: '4' },
    json: { type: 'string' },
    'skip-gate': { type: 'boolean', default: false },
    peer: { type: 'string', multiple: true, default: [] },
    cold: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    case: { type: 'string' },
  },
});

if (values.help) {
  console.log(
    `npm run bench [-- GROUP...] [--rounds N] [--every N] [--json FILE] [--skip-gate] [--peer NAME...]\n\ngroups: ${Object.keys(GROUPS).join(', ')}, and latency by itself (bench/latency.ts)\npeers: ${Object.keys(PEERS).join(', ')}`,
  );
  process.exit(0);
}
const every = Number(values.every);

const WARM_UP = 6;

if (values.case !== undefined) {
  const [group, name] = values.case.split('/') as [GroupName, string];
  const chosen = GROUPS[group].cases[name]?.(every);
  if (chosen === undefined) throw new Error(`no case ${values.case}`);
  // Warm-up: code is compiled, every group of rules is built, and anchors are chosen by what was seen, before anything is measured.
  const round = async (): Promise<number> => (chosen.runAsync === undefined ? chosen.run() : chosen.runAsync());
  for (let i = 0; i < (values.cold ? 0 : WARM_UP); i++) await round();
  process.send?.({ ready: true, name: chosen.name, unit: chosen.unit ?? 'event', events: chosen.events });
  process.on('message', () => {
    void (async () => {
      const before = process.cpuUsage();
      const sum = await round();
      const { user, system } = process.cpuUsage(before);
      process.send?.({ microseconds: user + system, sum });
    })();
  });
} else await main();

type Answer = { readonly microseconds: number; readonly sum: number };
type Row = { readonly case: string; readonly ratio: number; readonly [more: string]: unknown };
type Ready = { readonly name: string; readonly unit: string; readonly events: number };

async function main(): Promise<void> {
  if (!available) {
    console.log('the public rules and events are not here; set WARDLINE_BENCH_DATA to a folder with sigmahq/ and windows-events.ndjson.gz');
    process.exit(3);
  }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  console.log(`Node ${process.version}, commit ${commit}, every ${every}. event of the real corpus, median of ${values.rounds} rounds\n`);
  const results: object[] = [];
  const groups = (positionals.length > 0 || values.peer.length > 0 ? positionals : Object.keys(GROUPS)) as GroupName[];
  for (const group of groups) {
    const known = GROUPS[group];
    if (known === undefined) throw new Error(`no group "${group}"; there are ${Object.keys(GROUPS).join(', ')}`);
    const wrong = values['skip-gate'] ? [] : await known.gate();
    if (wrong.length > 0) {
      console.log(`${group}: ${wrong.length} wrong results, so no ratio\n${wrong.slice(0, 20).join('\n')}`);
      process.exit(1);
    }
    const cases = await measure(group, Object.keys(known.cases));
    results.push({ group, node: process.version, commit, cases });
    if (known.marks !== undefined) tellMarks(group, cases, known.marks);
    const { lines, missed } = known.sizes?.() ?? { lines: [], missed: [] };
    for (const line of lines) console.log(line);
    if (missed.length > 0) process.exitCode = 1;
  }
  for (const name of values.peer) results.push(await comparePeer(name, Number(values.rounds), oursOn));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

/** Our matcher on every n-th event, for comparison with a peer. */
async function oursOn(peerEvery: number): Promise<{ warm: number; cold: number }> {
  const spent = async (cold: boolean): Promise<number> => {
    const more = cold ? ['--cold'] : [];
    const child = fork(new URL(import.meta.url).pathname, ['--case', 'sigma/wardline', '--every', String(peerEvery), ...more], {
      execArgv: process.execArgv,
    });
    const { events } = (await answer(child)) as unknown as Ready;
    const times: number[] = [];
    for (let round = 0; round < (cold ? 1 : Number(values.rounds)); round++) {
      child.send('run');
      times.push(((await answer(child)) as unknown as Answer).microseconds / events);
    }
    child.kill();
    return median(times);
  };
  return { warm: await spent(false), cold: await spent(true) };
}

function tellMarks(group: string, cases: readonly Row[], marks: Readonly<Record<string, number>>): void {
  const missed = cases.filter(({ case: name, ratio }) => ratio > (marks[name] ?? Number.POSITIVE_INFINITY));
  for (const { case: name, ratio } of missed) console.log(`  missed: ${name} ${ratio.toFixed(3)} x, the mark is ${marks[name]}`);
  if (missed.length > 0) process.exitCode = 1;
  else console.log(`  ${group}: ${Object.keys(marks).length} marks reached`);
}

/** The first case is the reference; every other one is given as a ratio to it, round by round. */
async function measure(group: string, names: readonly string[]): Promise<Row[]> {
  const children: { name: string; child: ChildProcess; ready: Ready; times: number[] }[] = [];
  for (const name of names) {
    const child = fork(new URL(import.meta.url).pathname, ['--case', `${group}/${name}`, '--every', values.every], {
      execArgv: process.execArgv,
    });
    const ready = (await answer(child)) as unknown as Ready;
    children.push({ name, child, ready, times: [] });
  }
  const ratios = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < Number(values.rounds); round++) {
    let reference = 0;
    for (const [i, { name, child, ready, times }] of children.entries()) {
      child.send('run');
      const { microseconds } = (await answer(child)) as unknown as Answer;
      const each = microseconds / ready.events;
      if (i === 0) reference = each;
      times.push(each);
      ratios.get(name)?.push(each / reference);
    }
  }
  for (const { child } of children) child.kill();
  console.log(`${group}`);
  return children.map(({ name, ready, times }) => {
    const all = [...(ratios.get(name) ?? [])].sort((a, b) => a - b);
    const row = {
      case: name,
      what: ready.name,
      events: ready.events,
      microseconds: median(times),
      ratio: median(all),
      least: all[0],
      most: all.at(-1),
    };
    console.log(
      `  ${ready.name.padEnd(34)} ${row.microseconds.toFixed(2).padStart(8)} us/${ready.unit}   ${row.ratio.toFixed(2).padStart(7)} x   (${row.least?.toFixed(2)} to ${row.most?.toFixed(2)})`,
    );
    return row;
  });
}

function answer(child: ChildProcess): Promise<object> {
  return new Promise((done, fail) => {
    child.once('message', (message) => done(message as object));
    child.once('exit', (code) => fail(new Error(`a case ended with ${code}`)));
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
