import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActionKind, AlertAction } from '../../src/alert/actions.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { stageRulesOf } from '../../src/pipeline/distributed/bundle.ts';
import { operateWorker, partitionOf, sendActions } from '../../src/pipeline/distributed/operate.ts';
import type { ActionStep } from '../../src/pipeline/distributed/operated.ts';
import { type AlertRecord, encodeAlertRecord, encodeMatchRecord, type MatchRecord } from '../../src/pipeline/distributed/records.ts';
import { createPartitionReducer } from '../../src/pipeline/distributed/reducer.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { at } from '../../src/shared/nested.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { Append, Entry, OwnedPartition } from '../../src/transport/port.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch } from '../support/correlate.ts';

const documents = [
  { title: 'm', id: 'm', logsource: { category: 'test' }, detection: { s: { a: 1 }, condition: 's' } },
  {
    title: 'c',
    id: 'c',
    correlation: { type: 'event_count', rules: ['m'], 'group-by': ['u', 'v'], timespan: '10s', condition: { gte: 2 } },
    wardline: { missing: 'group' },
  },
  {
    title: 'each',
    id: 'each',
    logsource: { category: 'test' },
    detection: { s: { a: 2 }, condition: 's' },
    wardline: { alert: { dedup: 'each' } },
  },
];
const rulesOf = (onClose: 'reset' | 'continue') =>
  stageRulesOf(rulesetOf(...documents), settingsSchema.parse({ sources: [{ kind: 'stdin', name: 's' }], alerts: { onClose } }));

/** One partition of matches with the reducer that reads it, cut and restored at will. */
function partition(onClose: 'reset' | 'continue' = 'reset', restarts = false) {
  const rules = rulesOf(onClose);
  const log: Entry[] = [];
  const steps: ActionStep[] = [];
  const deps = { partsOf: () => rules.correlate, say: () => undefined, acted: (step: ActionStep) => void steps.push(step) };
  let reducer = createPartitionReducer(deps, 0n, undefined);
  const out: AlertRecord[] = [];
  const put = (value: Uint8Array | null): void => {
    const entry: Entry = { offset: BigInt(log.length), appendedAt: 0, key: undefined, value };
    log.push(entry);
    if (restarts) reducer = createPartitionReducer(deps, reducer.next(), reducer.snapshot());
    out.push(...reducer.apply(entry));
  };
  const give = (record: MatchRecord): void => put(encodeMatchRecord(record));
  give({ kind: 'activation', seq: 1, digest: 'd' });
  let n = 0;
  return {
    rules,
    log,
    out,
    steps,
    put,
    give,
    match(seconds: number, u = 'x') {
      const match = aMatch('m', seconds, { u }, n);
      const place = { source: 'test', partition: 0, incarnation: 1, offset: BigInt(n++), index: 0 };
      for (const routed of rules.router.route(match).routed) if (routed.rule === 'c') give({ kind: 'match', place, routed });
    },
    time(seconds: number) {
      const time = BigInt(seconds) * 1_000_000_000n;
      const place = { source: 'test', partition: 0, incarnation: 1, offset: BigInt(n), index: 1_000_000 };
      give({ kind: 'watermark', place, time, newest: time, idle: false, rules: 1 });
    },
    told: () =>
      out.map(({ document }) => ['stage', 'status', 'workflow'].map((name) => String(at(document, `wardline.alert.${name}`))).join(' ')),
  };
}

const anAction = (kind: ActionKind, alert: string, more: Partial<AlertAction> = {}): Omit<AlertAction, 'seq'> => ({
  alert,
  kind,
  actor: 'alice',
  address: undefined,
  at: 1000,
  disposition: undefined,
  comment: undefined,
  ...more,
});

describe('what operators did to an alert of the distributed form', () => {
  const acknowledged = (onClose: 'reset' | 'continue', kind: ActionKind, restarts: boolean) => {
    const one = partition(onClose, restarts);
    one.match(0);
    one.match(1);
    const [opened] = one.out as [AlertRecord];
    one.give({ kind: 'action', id: 'i1', action: anAction(kind, opened.id, { comment: 'why' }), latest: opened.document });
    // Told twice, as after a crash of who sends it.
    one.give({ kind: 'action', id: 'i1', action: anAction(kind, opened.id, { comment: 'why' }), latest: opened.document });
    one.match(9);
    one.match(12);
    one.time(100);
    return one;
  };

  test.each([false, true])('is a transition of it, once, and goes on with its episode (restarts: %s)', (restarts) => {
    const one = acknowledged('reset', 'acknowledge', restarts);
    expect(one.told()).toEqual([
      'opened open new',
      'action acknowledged acknowledged',
      'continued acknowledged acknowledged',
      'closed closed acknowledged',
    ]);
    const [, action, , closed] = one.out.map(({ document }) => document);
    expect(at(action ?? {}, 'event.reason')).toBe('acknowledged by alice: why');
    expect(at(closed ?? {}, 'wardline.alert.acknowledged')).toEqual({ by: 'alice', at: '1970-01-01T00:00:01.000Z' });
    expect(new Set(one.out.map(({ document }) => at(document, 'wardline.alert.id'))).size).toBe(1);
    expect(one.steps.map(({ action: { kind, seq }, before }) => [kind, seq, at(before, 'wardline.alert.workflow')])).toEqual([
      ['acknowledge', 3, 'new'],
    ]);
  });

  test('an alert that was closed opens anew while its rule holds on, or stays closed, as the settings say', () => {
    const reset = acknowledged('reset', 'close', false);
    expect(reset.told()).toEqual(['opened open new', 'closed closed closed', 'opened open new', 'closed closed new']);
    expect(at(reset.out[2]?.document ?? {}, 'wardline.alert.reopens')).toBe(reset.out[0]?.id);
    expect(acknowledged('continue', 'close', false).told()).toEqual(['opened open new', 'closed closed closed', 'continued closed closed']);
  });

  test('a second action knows of the first, even if whoever sent it did not', () => {
    const one = partition();
    one.match(0);
    one.match(1);
    const [opened] = one.out as [AlertRecord];
    const { id, document: latest } = opened;
    one.give({ kind: 'action', id: 'i1', action: anAction('acknowledge', id), latest });
    one.give({ kind: 'action', id: 'i2', action: anAction('disposition', id, { disposition: 'benign', comment: 'scanner' }), latest });
    expect(one.told().slice(1)).toEqual(['action acknowledged acknowledged', 'action acknowledged acknowledged']);
    const last = one.out.at(-1)?.document ?? {};
    expect(at(last, 'wardline.alert.acknowledged.by')).toBe('alice');
    expect(at(last, 'wardline.alert.disposition.value')).toBe('benign');
  });

  test('a replay of the log gives the same documents', () => {
    const one = acknowledged('reset', 'acknowledge', false);
    const again = partition('reset', true);
    for (const { value } of one.log.slice(1)) again.put(value);
    expect(again.out).toEqual(one.out);
  });
});

describe('the process that operators work with', () => {
  let folder: string;
  let store: Store;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wardline-operate-'));
    store = openStore(join(folder, 'w.db'));
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const owned = (entries: readonly Entry[], low = 0n): OwnedPartition => ({
    partition: 0,
    revoked: new AbortController().signal,
    bounds: async () => ({ low, high: BigInt(entries.length) }),
    committed: async () => undefined,
    commit: async () => undefined,
    async *read(from: bigint) {
      yield entries.filter(({ offset }) => offset >= from);
    },
  });
  const alertEntries = (alerts: readonly AlertRecord[]): readonly Entry[] =>
    alerts.map((alert, n) => ({ offset: BigInt(n), appendedAt: 0, key: alert.id, value: encodeAlertRecord(alert) }));

  test('has every alert once, wherever it was stopped, and sends actions to the partition of the group', async () => {
    const one = partition();
    one.match(0);
    one.match(1);
    one.time(100);
    const entries = alertEntries([...one.out, ...one.out]);
    const keep = operateWorker({ store, topic: 'w.alerts', logger: silentLogger });
    await keep(owned(entries.slice(0, 1)));
    await keep(owned(entries));
    expect(store.alerts.newest(10).map(({ id }) => id)).toEqual(one.out.map(({ id }) => id).reverse());
    const alert = (one.out[0] as AlertRecord).id;
    store.actions.add(anAction('acknowledge', alert));
    store.actions.add(anAction('close', 'nobody knows it'));
    const sent: [number, readonly Append[]][] = [];
    let broken = true;
    const matches = {
      partitions: 16,
      async append(to: number, list: readonly Append[]) {
        if (broken) throw new Error('away');
        sent.push([to, list]);
      },
    };
    const rules = async () => one.rules;
    await expect(sendActions({ store, matches, rules })).rejects.toThrow('away');
    expect(store.actions.pending()).toHaveLength(2);
    broken = false;
    expect(await sendActions({ store, matches, rules })).toBe(1);
    expect(await sendActions({ store, matches, rules })).toBe(0);
    const [[to, [record]]] = sent as [[number, [Append]]];
    const group = one.rules.router.route(aMatch('m', 0, { u: 'x' }, 0)).routed.find(({ rule }) => rule === 'c')?.group.key ?? '';
    expect(to).toBe(one.rules.router.partitionOf('c', group, 16));
    one.put(record.value);
    expect(one.told().at(-1)).toBe('action closed acknowledged');
  });

  test('a rule that is gone, and one with an alert per event, have a partition too', () => {
    const { rules } = partition();
    const document = (rule: string, group: JsonObject): JsonObject => ({ rule: { id: rule }, wardline: { alert: { id: 'a', group } } });
    const [routed] = rules.router.route(aMatch('each', 0, { 'event.id': 'e1' }, 0)).routed;
    expect(partitionOf(document('each', { 'event.id': 'e1' }), rules, 16)).toBe(
      rules.router.partitionOf('each', routed?.group.key ?? '', 16),
    );
    const gone = partitionOf(document('gone', {}), rules, 16);
    expect(gone).toBe(partitionOf(document('gone', {}), rules, 16));
    expect(gone).toBeLessThan(16);
  });
});
