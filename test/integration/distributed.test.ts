import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { alertsIn, closedOf, events, FRESH, prepare, RULES, rulesText, startProcess } from '../../scripts/distributed/cluster.ts';
import type { LedgerEntry } from '../../src/evidence/entry.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import { openStore } from '../../src/store/store.ts';
import { createChance } from '../simulation/scheduler.ts';
import { createTopic, eventually, kafka, kafkaUrl, produce, skipped } from './servers.ts';

describe.skipIf(skipped !== undefined)('the distributed form over Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-distributed-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const topic = `logs-${randomBytes(4).toString('hex')}`;
  const list = events(3000, 4, createChance(11));
  const wanted = [...closedOf(list)].sort();
  let produced = false;

  const closedIn = async (prefix: string): Promise<string[]> => {
    const entries = await alertsIn(kafka(), `${prefix}.alerts`).catch(() => []);
    return [...new Set(entries.filter(({ stage }) => stage === 'closed').map(({ id }) => id))].sort();
  };
  const input = async (): Promise<void> => {
    if (produced) return;
    produced = true;
    await createTopic(topic, 4);
    for (let i = 0; i < list.length; i += 1000) await produce(topic, list.slice(i, i + 1000));
  };
  const ended = (child: ReturnType<typeof startProcess>): Promise<number | null> =>
    new Promise((resolve) => {
      if (child.exitCode !== null) resolve(child.exitCode);
      child.once('exit', (code) => resolve(code));
    });

  test.each([1, 2, 4])('%i processes give the alerts that one evaluation of all events gives', async (count) => {
    await input();
    const prefix = `n${count}-${randomBytes(3).toString('hex')}`;
    const config = prepare({ dir: join(folder, prefix), brokers: kafkaUrl, topic, prefix, partitions: 4 });
    const children = Array.from({ length: count }, (_, n) => startProcess(config, String(n)));
    const closed = await eventually(
      () => closedIn(prefix),
      (ids) => ids.length >= wanted.length,
      100_000,
    );
    for (const child of children) child.kill('SIGTERM');
    expect(await Promise.all(children.map(ended))).toEqual(children.map(() => 0));
    expect(closed).toEqual(wanted);
  });

  test('members that join, leave and are killed change nothing; roles may be apart', async () => {
    await input();
    const prefix = `m-${randomBytes(3).toString('hex')}`;
    const config = prepare({ dir: join(folder, prefix), brokers: kafkaUrl, topic, prefix, partitions: 4 });
    const first = startProcess(config, 'a', 'ingest,deliver');
    const second = startProcess(config, 'b', 'correlate');
    await eventually(
      () => alertsIn(kafka(), `${prefix}.alerts`).catch(() => []),
      (entries) => entries.length > 0,
      60_000,
    );
    const third = startProcess(config, 'c');
    second.kill('SIGKILL');
    const fourth = startProcess(config, 'd', 'correlate');
    first.kill('SIGTERM');
    const closed = await eventually(
      () => closedIn(prefix),
      (ids) => ids.length >= wanted.length,
      110_000,
    );
    for (const child of [third, fourth]) child.kill('SIGTERM');
    await Promise.all([first, third, fourth].map(ended));
    expect(closed).toEqual(wanted);
  });

  test('rules that change while it runs hold from one offset of each partition on, in every process', async () => {
    const own = `live-${randomBytes(4).toString('hex')}`;
    await createTopic(own, 4);
    const half = list.length >> 1;
    const prefix = `a-${randomBytes(3).toString('hex')}`;
    const config = prepare({ dir: join(folder, prefix), brokers: kafkaUrl, topic: own, prefix, partitions: 4 });
    const children = ['a', 'b'].map((name) => startProcess(config, name));
    const admin = kafka().admin();
    await admin.connect();
    /** By which rules each partition of the source is read, where it is read to its end. */
    const readBy = async (): Promise<readonly (number | undefined)[]> => {
      const [ends, told] = await Promise.all([
        admin.fetchTopicOffsets(own),
        admin.fetchOffsets({ groupId: `${prefix}-ingest`, topics: [own] }).catch(() => []),
      ]);
      return ends.map(({ partition, high }) => {
        const found = told[0]?.partitions.find((one) => one.partition === partition);
        return found?.offset === high ? (JSON.parse(found.metadata || '{}') as { r?: number }).r : undefined;
      });
    };
    const all = (seq: number) => (found: readonly (number | undefined)[]) => found.every((one) => one === seq);
    await produce(own, list.slice(0, half));
    expect(await eventually(readBy, all(1), 60_000)).toEqual([1, 1, 1, 1]);
    writeFileSync(join(folder, prefix, 'rules.yml'), `${rulesText([...RULES, FRESH])}\n---\nbroken: [`);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await readBy()).toEqual([1, 1, 1, 1]);
    writeFileSync(join(folder, prefix, 'rules.yml'), rulesText([...RULES, FRESH]));
    expect(await eventually(readBy, all(2), 60_000)).toEqual([2, 2, 2, 2]);
    children[0]?.kill('SIGKILL');
    await produce(own, list.slice(half));
    const later = startProcess(config, 'c');
    const closedNow = () =>
      alertsIn(kafka(), `${prefix}.alerts`)
        .catch(() => [])
        .then((entries) => entries.filter(({ stage }) => stage === 'closed'));
    const fresh = closedOf(list.slice(half), [...RULES, FRESH]);
    const before = new Set(closedOf(list.slice(half), RULES));
    const wantedFresh = [...fresh].filter((id) => !before.has(id)).sort();
    const closed = await eventually(
      closedNow,
      (found) => new Set(found.map(({ id }) => id)).size >= wanted.length + wantedFresh.length,
      100_000,
    );
    for (const child of [children[1], later]) child?.kill('SIGTERM');
    await admin.disconnect();
    const idsOf = (keep: (rule: string) => boolean): string[] =>
      [...new Set(closed.filter(({ rule }) => keep(rule)).map(({ id }) => id))].sort();
    expect(idsOf((rule) => rule !== 'fresh')).toEqual(wanted);
    expect(idsOf((rule) => rule === 'fresh')).toEqual(wantedFresh);
  });

  test('evidence: every record, alert and delivery is in one ledger once, whoever was killed, and reports are made of it', async () => {
    await input();
    const prefix = `e-${randomBytes(3).toString('hex')}`;
    const config = prepare({ dir: join(folder, prefix), brokers: kafkaUrl, topic, prefix, partitions: 4 });
    const keeper = startProcess(config, 'keeper', 'evidence');
    const first = startProcess(config, 'a');
    await eventually(
      () => alertsIn(kafka(), `${prefix}.alerts`).catch(() => []),
      (entries) => entries.length > 0,
      60_000,
    );
    first.kill('SIGKILL');
    const second = startProcess(config, 'b');
    const path = join(folder, prefix, 'wardline.db');
    const read = () => {
      if (!existsSync(path)) return undefined;
      const store = openStore(path, { readOnly: true });
      try {
        return [...store.ledger.entries()] as unknown as LedgerEntry[];
      } finally {
        store.close();
      }
    };
    const bodies = <K extends LedgerEntry['kind']>(entries: readonly LedgerEntry[], kind: K) =>
      entries.filter((entry) => entry.kind === kind).map(({ body }) => body as Extract<LedgerEntry, { kind: K }>['body']);
    const records = (entries: readonly LedgerEntry[]): number =>
      [...new Map(bodies(entries, 'position').map((body) => [body.partition, body.totals.records])).values()].reduce(
        (sum, n) => sum + n,
        0,
      );
    const idsOf = (entries: readonly LedgerEntry[]): string[] => bodies(entries, 'alerts').flatMap(({ rows }) => rows.map((row) => row[3]));
    const deliveredOf = (entries: readonly LedgerEntry[]): string[] =>
      bodies(entries, 'delivery').flatMap(({ rows }) => rows.map((row) => row[0]));
    const made = async () => [...new Set((await alertsIn(kafka(), `${prefix}.alerts`).catch(() => [])).map(({ id }) => id))].sort();
    const found = await eventually(
      async () => ({ entries: read() ?? [], closed: await closedIn(prefix), made: await made() }),
      ({ entries, closed, made: all }) =>
        records(entries) >= list.length &&
        closed.length >= wanted.length &&
        idsOf(entries).length >= all.length &&
        deliveredOf(entries).length >= all.length,
      100_000,
    );
    for (const child of [keeper, second]) child.kill('SIGTERM');
    expect(await Promise.all([keeper, second].map(ended))).toEqual([0, 0]);
    const { entries } = found;
    expect(verifyChain(entries).faults).toEqual([]);
    expect(records(entries)).toBe(list.length);
    expect(idsOf(entries).sort()).toEqual(found.made);
    expect(deliveredOf(entries).sort()).toEqual(found.made);
    expect(bodies(entries, 'gap')).toEqual([]);
    expect(bodies(entries, 'activation').map(({ rules }) => rules)).toEqual([RULES.length]);
    const wardline = (...args: string[]) => {
      const main = resolve(import.meta.dirname, '../../src/main.ts');
      const flags = ['--disallow-code-generation-from-strings', '--disable-proto=delete'];
      return spawnSync(process.execPath, [...flags, main, ...args], { cwd: join(folder, prefix), encoding: 'utf8' });
    };
    const report = wardline('report', 'compliance', '--store', path);
    expect([report.status, report.stderr]).toEqual([0, '']);
    expect(report.stdout).toContain(entries.at(-1)?.hash);
    wardline('evidence', 'keygen', '--out', 'seal');
    expect(wardline('evidence', 'export', '--store', path, '--key', 'seal.key', '--out', 'bundle.tar').status).toBe(0);
    expect(wardline('evidence', 'verify', 'bundle.tar', '--key', 'seal.pub').status).toBe(0);
  });
});
