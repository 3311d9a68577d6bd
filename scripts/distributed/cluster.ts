import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import kafkajs, { type Kafka, logLevel } from 'kafkajs';
import { settingsSchema } from '../../src/config/settings.ts';
import { createCorrelator } from '../../src/correlate/correlator.ts';
import { MAX_TIME } from '../../src/correlate/hits.ts';
import { createLateness } from '../../src/correlate/lateness.ts';
import { normalizersOf, partsOf } from '../../src/pipeline/parts.ts';
import { loadRules, type Ruleset } from '../../src/rule/load.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const FLAGS = ['--disallow-code-generation-from-strings', '--disable-proto=delete'];
export const SOURCE = 'logs';
const START = Date.UTC(2026, 10, 20, 8);

const member = (name: string, act: string) => ({
  title: name,
  name,
  logsource: { category: 'test' },
  detection: { sel: { act }, condition: 'sel' },
});
const over = (name: string, correlation: object, wardline?: object) => ({
  title: name,
  name,
  correlation,
  ...(wardline === undefined ? {} : { wardline }),
});

/** Rules of each way to decide. */
export const RULES = [
  member('fail', 'fail'),
  member('ok', 'ok'),
  { ...member('admin', 'admin'), wardline: { alert: { dedup: { by: ['who'], within: '3s' } } } },
  over('burst', { type: 'event_count', rules: ['fail'], 'group-by': ['who'], timespan: '10s', condition: { gte: 3 } }),
  over('pair', { type: 'temporal', rules: ['fail', 'ok'], 'group-by': ['who'], timespan: '8s' }),
  over('quiet', { type: 'temporal', rules: ['fail', 'ok'], 'group-by': ['who'], timespan: '6s', condition: 'fail and not ok' }),
  over('heavy', { type: 'value_avg', rules: ['ok'], 'group-by': ['who'], timespan: '10s', condition: { field: 'bytes', gte: 60 } }),
  over(
    'steps',
    { type: 'temporal_ordered', rules: ['fail', 'ok'], 'group-by': ['who'], timespan: '15s' },
    { sequence: [{ rule: 'fail' }, { not: 'admin' }, { rule: 'ok' }] },
  ),
  over('spree', { type: 'event_count', rules: ['burst'], timespan: '40s', condition: { gte: 2 } }),
];

export const rulesText = (rules: readonly object[] = RULES): string => rules.map((rule) => JSON.stringify(rule)).join('\n---\n');

/** A rule that comes up while a deployment runs. */
export const FRESH = over('fresh', {
  type: 'event_count',
  rules: ['ok'],
  'group-by': ['who'],
  timespan: '9s',
  condition: { gte: 2 },
});

export type Event = { readonly partition: number; readonly value: string };

/** Events in disorder of up to five seconds, over `partitions` partitions; the last of each partition ends all windows. */
export function events(count: number, partitions: number, chance: () => number): readonly Event[] {
  const pick = (n: number): number => Math.floor(chance() * n);
  const list: Event[] = [];
  for (let n = 0; n < count; n++) {
    const time = new Date(START + n * 120 - pick(5000)).toISOString();
    const act = ['fail', 'fail', 'ok', 'ok', 'admin', 'none', 'none'][pick(7)];
    const event = { '@timestamp': time, act, who: `u${pick(Math.max(3, count / 60))}`, bytes: pick(100) };
    list.push({ partition: pick(partitions), value: JSON.stringify(event) });
  }
  const end = new Date(START + count * 120 + 600_000).toISOString();
  for (let partition = 0; partition < partitions; partition++)
    list.push({ partition, value: JSON.stringify({ '@timestamp': end, act: 'none' }) });
  return list;
}

const settingsOf = (more: object) =>
  settingsSchema.parse({
    sources: [{ kind: 'kafka', name: SOURCE, brokers: ['x'], topics: ['x'], format: 'json', logsource: { category: 'test' } }],
    engine: { allowedLateness: '10s' },
    ...more,
  });

export function rulesetOfTest(rules: readonly object[] = RULES): Ruleset {
  return loadRules([{ path: 'rules.yml', text: rulesText(rules) }]).ruleset;
}

/** Ids of the documents that close episodes, by an evaluation of the events in one process and in one go. */
export function closedOf(list: readonly Event[], rules: readonly object[] = RULES): ReadonlySet<string> {
  const ruleset = rulesetOfTest(rules);
  const settings = settingsOf({});
  const parts = partsOf(ruleset, settings);
  const normalizer = normalizersOf(settings).get(SOURCE);
  if (normalizer === undefined) throw new Error('no normalizer');
  const correlator = createCorrelator(ruleset);
  const closed = new Set<string>();
  const keep = (firings: ReturnType<typeof correlator.apply>): void => {
    for (const firing of firings) {
      const alert = firing.stage === 'closed' ? parts.toAlert(firing, () => undefined) : undefined;
      if (alert !== undefined) closed.add(alert.id);
    }
  };
  const partitions = Map.groupBy(list, ({ partition }) => partition);
  for (const [partition, own] of partitions) {
    const lateness = createLateness(settings.engine.allowedLateness);
    const records = own.map(({ value }, n) => ({
      source: SOURCE,
      partition,
      offset: BigInt(n),
      appendedAt: Date.now(),
      bytes: Buffer.from(value),
      headers: new Map(),
    }));
    for (const match of parts.ingest(records, normalizer, lateness).matches) keep(correlator.apply({ kind: 'match', match }));
  }
  keep(correlator.apply({ kind: 'end', newest: MAX_TIME }));
  return closed;
}

export type Deployment = {
  readonly dir: string;
  readonly brokers: string;
  readonly topic: string;
  readonly prefix: string;
  readonly partitions: number;
  readonly elasticsearch?: string;
};

/** Writes settings and rules of a deployment. */
export function prepare({ dir, brokers, topic, prefix, partitions, elasticsearch }: Deployment): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'rules.yml'), rulesText());
  const sinks =
    elasticsearch === undefined
      ? [{ kind: 'console', name: 'out', format: 'ndjson' }]
      : [{ kind: 'elasticsearch', name: 'es', node: elasticsearch, namespace: prefix.replaceAll('-', '_'), insecure: true }];
  const settings = {
    rules: ['rules.yml'],
    sources: [
      {
        kind: 'kafka',
        name: SOURCE,
        brokers: [brokers],
        topics: [topic],
        groupId: `${prefix}-ingest`,
        format: 'json',
        logsource: { category: 'test' },
      },
    ],
    sinks,
    transport: { brokers: [brokers], prefix, partitions, sessionTimeout: '6s' },
    engine: { allowedLateness: '10s', idleAfter: '1h', checkpointInterval: '2s', checkpointEvery: 2000 },
    log: { level: 'warn' },
  };
  const path = join(dir, 'wardline.yaml');
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

/** One process of a deployment; its output goes to files beside the settings. */
export function startProcess(config: string, name: string, roles?: string): ChildProcess {
  const out = openSync(`${config}.${name}.out`, 'a');
  const err = openSync(`${config}.${name}.err`, 'a');
  return spawn(
    process.execPath,
    [...FLAGS, MAIN, 'run', '-c', config, '--skip-broken-rules', ...(roles === undefined ? [] : ['--roles', roles])],
    {
      stdio: ['ignore', out, err],
    },
  );
}

export function kafkaOf(brokers: string): Kafka {
  return new kafkajs.Kafka({ clientId: 'test', brokers: [brokers], logLevel: logLevel.NOTHING });
}

export async function produceAll(kafka: Kafka, topic: string, list: readonly Event[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let i = 0; i < list.length; i += 1000)
    await producer.send({ topic, messages: list.slice(i, i + 1000).map((event) => ({ ...event })) });
  await producer.disconnect();
}

export type AlertEntry = { readonly id: string; readonly stage: string; readonly rule: string };

/** Every entry of the alerts topic, as it stands. */
export async function alertsIn(kafka: Kafka, topic: string): Promise<readonly AlertEntry[]> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const left = new Map(
    offsets.filter(({ low, high }) => Number(high) > Number(low)).map(({ partition, high }) => [partition, Number(high)]),
  );
  const found: AlertEntry[] = [];
  if (left.size === 0) return found;
  const reader = kafka.consumer({ groupId: `check-${process.pid}-${Date.now()}`, maxWaitTimeInMs: 50 });
  await reader.connect();
  await reader.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    reader
      .run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) {
            type Alert = { rule: { id: string }; wardline: { alert: { stage: string } } };
            const { id, document } = JSON.parse(String(value)) as { id: string; document: Alert };
            found.push({ id, stage: document.wardline.alert.stage, rule: document.rule.id });
          }
          if (Number(batch.lastOffset()) + 1 >= (left.get(batch.partition) ?? 0)) left.delete(batch.partition);
          if (left.size === 0) resolve();
        },
      })
      .catch(reject);
  });
  await reader.disconnect();
  return found;
}
