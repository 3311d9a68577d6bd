import type { LedgerEntry } from '../../src/evidence/entry.ts';
import { createLedger, type Ledger } from '../../src/evidence/ledger.ts';
import type { ActiveRule } from '../../src/evidence/observation.ts';
import { createTally } from '../../src/evidence/tally.ts';
import { type ControlPack, emptyProfile, parseControlPack } from '../../src/report/control-pack.ts';
import type { Profile } from '../../src/report/pack-schema.ts';

/** A log as it lies in one partition, and what the engine does with it: the truth that reports are held against. */
export type WorldRecord = {
  readonly ms: number;
  readonly becomes: 'event' | 'unparsed' | 'dead' | 'discarded' | 'nothing';
  readonly matches: readonly string[];
  /** Alert raised by this record, and after how many ms a receiver took it (undefined: never). */
  readonly alert?: { readonly rule: string; readonly takenAfter: number | undefined };
  /** Lost before it could be read. */
  readonly removed?: boolean;
};
export type WorldLog = { readonly source: string; readonly partition: number; readonly records: readonly WorldRecord[] };
export type World = { readonly logs: readonly WorldLog[]; readonly rules: readonly ActiveRule[] };

/** How the engine walked the logs: which log next and how many records, where it sealed, where it restarted. */
export type Step = { readonly log: number; readonly take: number; readonly seal: boolean; readonly restart: boolean };

export const T0 = Date.UTC(2026, 10, 2);
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export const aRule = (id: string, changes: Partial<ActiveRule> = {}): ActiveRule => ({
  id,
  digest: 'ab'.repeat(32),
  level: 'high',
  controls: ['nist-800-53:ac-7'],
  state: 'active',
  ...changes,
});

const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;

/** Lets an engine walk a world and returns the chain it sealed. What the steps leave over is walked at the end. */
export function walk(world: World, steps: readonly Step[] = []): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  const cursors = world.logs.map(() => 0);
  let ledger = createLedger();
  const activate = (): void =>
    ledger.observe({ kind: 'activation', at: T0, ruleset: 'sha256:r1', engine: '0.1.0', config: 'c1', rules: world.rules });
  const seal = (): void => void entries.push(...ledger.seal());
  const read = (log: number, take: number): void => {
    const from = cursors[log] ?? 0;
    const { source, partition, records } = world.logs[log] as WorldLog;
    const batch = records.slice(from, from + take);
    cursors[log] = from + batch.length;
    if (batch.length === 0) return;
    readBatch(ledger, source, partition, from, batch, from + batch.length === records.length);
  };
  activate();
  for (const { log, take, seal: sealing, restart } of steps) {
    read(log % world.logs.length, take);
    if (sealing || restart) seal();
    if (restart) {
      ledger.observe({ kind: 'shutdown', at: T0, reason: 'test' });
      seal();
      ledger = createLedger(JSON.parse(JSON.stringify(ledger.state())));
      activate();
    }
  }
  for (const log of world.logs.keys()) read(log, Number.MAX_SAFE_INTEGER);
  seal();
  return entries;
}

function readBatch(ledger: Ledger, source: string, partition: number, from: number, batch: readonly WorldRecord[], ended: boolean): void {
  const tally = createTally();
  for (const [i, record] of batch.entries()) {
    if (record.removed) continue;
    tally.record(BigInt(from + i), record.ms);
    if (record.becomes === 'dead') tally.deadLetter('invalid-json');
    else if (record.becomes === 'discarded') tally.discarded();
    else if (record.becomes !== 'nothing') tally.event(nanos(record.ms), 'okta');
    if (record.becomes === 'unparsed') tally.unparsed();
    for (const rule of record.matches) tally.match(rule, nanos(record.ms));
  }
  ledger.observe({ kind: 'batch', source, partition, counts: tally.counts(), ended });
  for (const [i, { ms, alert, removed }] of batch.entries()) {
    if (alert === undefined || removed) continue;
    const id = `${source}-${partition}-${from + i}`;
    ledger.observe({ kind: 'alerts', alerts: [{ id, rule: alert.rule, stage: 'opened', time: nanos(ms), createdAt: ms }] });
    if (alert.takenAfter !== undefined) {
      ledger.observe({ kind: 'delivery', at: ms + alert.takenAfter, sink: 'es', outcomes: [{ id, outcome: 'stored' }] });
    }
  }
}

/** One event a minute for some hours: nothing to complain about. */
export function aQuietLog(source: string, hours: number, change: (record: WorldRecord, i: number) => WorldRecord = (r) => r): WorldLog {
  const records = Array.from(
    { length: hours * 60 },
    (_, i): WorldRecord => change({ ms: T0 + i * MINUTE, becomes: 'event', matches: [] }, i),
  );
  return { source, partition: 0, records };
}

export const PACK_DOCUMENT = {
  kind: 'ControlPack',
  schema: 1,
  id: 'test-pack',
  version: '1.0.0',
  title: 'Test pack',
  catalog: { id: 'TEST', version: '1' },
  scope: { title: 'the test catalog', objectives: 20, controls: 4 },
  parameters: { 'au-05_odp.02': { value: '5m', source: 'test' } },
  sources: [{ id: 'all', from: '*', heartbeat: '10m', lateness: '1m', event_types: { logon: { types: ['okta'], within: '30m' } } }],
  defaults: { window: '1h', needs: { sources: ['all'], min_completeness: 0.99, max_blind: '0s' } },
  measures: [
    { id: 'presence', kind: 'presence', source: 'all' },
    { id: 'continuity', kind: 'continuity', source: 'all' },
    { id: 'parsed', kind: 'content', source: 'all', threshold: 0.9 },
    { id: 'few-matches', kind: 'count', of: { matches: { ids: ['r1'] } }, max: 2 },
    { id: 'no-matches', kind: 'absence', of: { matches: { ids: ['r2'] } }, population: { events: 'all' } },
    { id: 'evaluated', kind: 'evaluated', rules: { every: true } },
    {
      id: 'delivered',
      kind: 'pairing',
      alerts: { every: true },
      receiver: 'any',
      within: '$au-05_odp.02',
      max_orphans: 0,
      vacuous: 'use-guards',
    },
    { id: 'fast', kind: 'latency', alerts: { every: true }, receiver: 'es', quantile: 0.5, max: '1m' },
    { id: 'chain', kind: 'integrity' },
  ],
  controls: {
    't-1': {
      title: 'Seen',
      objectives: {
        't-1_obj.a': { all: ['presence', 'continuity'], guards: ['chain'], strength: 'strong' },
        't-1_obj.b': { all: ['parsed'], strength: 'partial' },
        't-1_obj.c': { strength: 'manual-only' },
      },
    },
    't-2': {
      title: 'Evaluated',
      objectives: {
        't-2_obj.a': { all: ['few-matches', 'evaluated'], strength: 'strong' },
        't-2_obj.b': { any: ['no-matches', 'few-matches'], strength: 'strong' },
        't-2_obj.c': { k_of: { k: 2, of: ['no-matches', 'few-matches', 'parsed'] }, guards: ['continuity'], strength: 'strong' },
        't-2_obj.d': { all: ['no-matches'], strength: 'strong' },
      },
    },
    't-3': {
      title: 'Told',
      objectives: {
        't-3_obj.a': { all: ['delivered'], guards: ['evaluated', 'continuity'], strength: 'strong' },
        't-3_obj.b': { all: ['fast'], strength: 'strong' },
      },
    },
  },
  maps: [{ framework: 'other', id: 'X-1', methods: ['presence', 'delivered'] }],
};

/** A pack from a document that must be right; throws with its problems otherwise. */
export function aPack(document: unknown = PACK_DOCUMENT, profile?: Profile): ControlPack {
  const problems: string[] = [];
  const note = (path: readonly (string | number)[], code: string, message: string): void =>
    void problems.push(`${path.join('.')}: ${code} ${message}`);
  const pack = parseControlPack(JSON.parse(JSON.stringify(document)), { error: note, warn: note }, profile);
  if (pack === undefined) throw new Error(problems.join('\n'));
  return pack;
}

/** A profile that names the sources that must report. */
export function aProfile(...from: string[]): Profile {
  return { ...emptyProfile(), sources: { all: { from } } };
}
