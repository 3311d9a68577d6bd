// How much memory a report over a large ledger takes: `node bench/report-memory.ts [observations]` (default 1,000,000).
// Writes a ledger of that many observations (two fifths alert documents, two fifths deliveries, the rest minutes of
// events) to a store in a temporary folder, then makes every form of a report in a process of its own, and prints the
// peak of its resident memory.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createLedger } from '../src/evidence/ledger.ts';
import { createTally } from '../src/evidence/tally.ts';
import { buildReport } from '../src/report/compliance.ts';
import { REPORT_FORMS } from '../src/report/forms.ts';
import { loadControlPack } from '../src/report/load-pack.ts';
import { sha256Hex } from '../src/shared/digest.ts';
import { preferLittleMemory } from '../src/shared/memory.ts';
import { openStore } from '../src/store/store.ts';

const START = Date.UTC(2026, 9, 1);
const ROUND = 5_000;

if (process.argv[2] === '--report') report(process.argv[3] as string);
else await main(Number(process.argv[2] ?? 1_000_000));

async function main(observations: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-report-'));
  const path = join(folder, 'wardline.db');
  const entries = fill(path, observations);
  console.log(`${observations} observations in ${entries} ledger entries, ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`);
  const child = fork(import.meta.filename, ['--report', path]);
  await new Promise((done) => child.once('exit', done));
  rmSync(folder, { recursive: true });
}

/** A month of one source, an alert every few seconds, each delivered to one sink within a second. */
function fill(path: string, observations: number): number {
  const store = openStore(path);
  const ledger = createLedger();
  const rules = [{ id: 'r1', digest: sha256Hex('r1'), level: 'high', controls: ['nist-800-53:au-9'], state: 'active' as const }];
  ledger.observe({ kind: 'activation', at: START, ruleset: sha256Hex('rules'), engine: 'bench', config: sha256Hex(''), rules });
  let entries = 0;
  const alertsWanted = Math.floor(observations * 0.4);
  const stepMs = Math.floor((30 * 86_400_000) / alertsWanted);
  const minutes = observations - 2 * alertsWanted;
  const perRound = Math.max(1, Math.round((minutes * ROUND) / alertsWanted));
  let offset = 0n;
  for (let from = 0; from < alertsWanted; from += ROUND) {
    const ids = Array.from({ length: Math.min(ROUND, alertsWanted - from) }, (_, i) => from + i);
    const tally = createTally();
    for (let i = 0; i < perRound; i++) {
      const ms = START + (from + Math.floor((i * ROUND) / perRound)) * stepMs;
      tally.record(offset++, ms);
      tally.event(BigInt(ms) * 1_000_000n, `type-${i % 7}`);
    }
    ledger.observe({ kind: 'batch', source: 's', partition: 0, counts: tally.counts() });
    const idOf = (n: number): string => sha256Hex(`alert ${n}`).slice(0, 26);
    ledger.observe({
      kind: 'alerts',
      alerts: ids.map((n) => ({
        id: idOf(n),
        rule: 'r1',
        stage: 'opened',
        time: BigInt(START + n * stepMs) * 1_000_000n,
        createdAt: START + n * stepMs,
      })),
    });
    const at = START + (ids.at(-1) ?? 0) * stepMs + 1000;
    ledger.observe({ kind: 'delivery', at, sink: 'soc', outcomes: ids.map((n) => ({ id: idOf(n), outcome: 'stored' as const })) });
    const sealed = ledger.seal();
    entries += sealed.length;
    store.transaction(() => store.ledger.append(sealed));
  }
  store.close();
  return entries;
}

function report(path: string): void {
  preferLittleMemory();
  const store = openStore(path, { readOnly: true });
  const file = resolve(import.meta.dirname, '../rules/controls/nist-800-53-core.yml');
  const { value: pack } = loadControlPack({ path: file, text: readFileSync(file, 'utf8') });
  if (pack === undefined) throw new Error('the core pack has errors');
  const before = process.cpuUsage();
  const made = buildReport(store.ledger.entries(), pack);
  const sizes = Object.entries(REPORT_FORMS).map(([name, { render }]) => `${name} ${(render(made)?.length ?? 0) >> 10} KiB`);
  const { user, system } = process.cpuUsage(before);
  store.close();
  console.log(`${made.alerts.documents} alert documents reported; ${sizes.join(', ')}`);
  console.log(
    `peak resident memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, CPU ${((user + system) / 1e6).toFixed(1)} s`,
  );
}
