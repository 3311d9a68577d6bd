import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { CACHE, execute, freePort, launch, type Server, type StartOptions } from './server.ts';

const VERSION = '4.2.0';

export type KafkaOptions = StartOptions & {
  /** A user that SCRAM-SHA-512 lets in; the listener then asks for it. */
  readonly scram?: { readonly user: string; readonly password: string };
  /** PEM texts; the listener then speaks TLS and asks for a certificate of the authority. */
  readonly tls?: {
    readonly ca: string;
    readonly cert: string;
    readonly key: string;
    readonly client: { readonly cert: string; readonly key: string };
  };
};

/** Begins with a letter: one that begins with a dash is taken for an option. */
function clusterId(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] as number) & 0x7f;
  return bytes.toString('base64url');
}

/** Apache Kafka in KRaft mode, one node, from Maven's repository. */
export async function startKafka({ dir, port, scram, tls }: KafkaOptions): Promise<Server> {
  const libs = await download();
  const listener = port ?? (await freePort());
  const controller = await freePort();
  mkdirSync(dir, { recursive: true });
  const properties = join(dir, 'server.properties');
  writeFileSync(properties, settings(listener, controller, join(dir, 'data'), { scram, tls }));
  writeFileSync(join(dir, 'log4j2.properties'), LOGGING);
  const java = ['-cp', join(libs, '*')];
  const user = scram === undefined ? [] : ['--add-scram', `SCRAM-SHA-512=[name=${scram.user},password=${scram.password}]`];
  if (!existsSync(join(dir, 'data', 'meta.properties'))) {
    await execute('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', properties, ...user]);
  }
  const heap = ['-Xms256m', '-Xmx256m', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${join(dir, 'log4j2.properties')}`];
  const url = `127.0.0.1:${listener}`;
  return launch({
    name: 'kafka',
    command: 'java',
    args: [...heap, ...java, 'kafka.Kafka', properties],
    dir,
    url,
    ready: () => answers(url, { scram, tls }),
  });
}

type Security = { readonly scram: KafkaOptions['scram']; readonly tls: KafkaOptions['tls'] };

async function answers(broker: string, { scram, tls }: Security): Promise<boolean> {
  const ssl = tls === undefined ? {} : { ssl: { ca: [tls.ca], cert: tls.client.cert, key: tls.client.key } };
  const sasl = scram === undefined ? {} : { sasl: { mechanism: 'scram-sha-512' as const, username: scram.user, password: scram.password } };
  const admin = new kafkajs.Kafka({
    clientId: 'ready',
    brokers: [broker],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
    ...sasl,
    ...ssl,
  }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } finally {
    await admin.disconnect();
  }
}

async function download(): Promise<string> {
  const home = join(CACHE, `kafka-${VERSION}`);
  const done = join(home, 'complete');
  if (existsSync(done)) return join(home, 'libs');
  mkdirSync(home, { recursive: true });
  const dependency = `<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>`;
  const project = '<modelVersion>4.0.0</modelVersion><groupId>wardline</groupId><artifactId>kafka</artifactId><version>1</version>';
  writeFileSync(join(home, 'pom.xml'), `<project>${project}<dependencies>${dependency}</dependencies></project>\n`);
  await execute('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(home, 'libs')}`], { cwd: home });
  writeFileSync(done, '');
  return join(home, 'libs');
}

function settings(port: number, controller: number, data: string, { scram, tls }: Security): string {
  const plain = tls === undefined ? 'PLAINTEXT' : 'SSL';
  const protocol = scram === undefined ? plain : `SASL_${plain}`;
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=CLIENT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=CLIENT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=CLIENT',
    `listener.security.protocol.map=CLIENT:${protocol},CONTROLLER:PLAINTEXT`,
    `log.dirs=${data}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'log.retention.check.interval.ms=1000',
  ];
  if (scram !== undefined) {
    lines.push('sasl.enabled.mechanisms=SCRAM-SHA-512', 'sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512');
    lines.push(
      `listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="${scram.user}" password="${scram.password}";`,
    );
  }
  if (tls !== undefined) {
    const inline = (pem: string): string => pem.trim().replaceAll('\n', '\\n');
    lines.push('ssl.keystore.type=PEM', `ssl.keystore.certificate.chain=${inline(tls.cert)}`, `ssl.keystore.key=${inline(tls.key)}`);
    lines.push('ssl.truststore.type=PEM', `ssl.truststore.certificates=${inline(tls.ca)}`, 'listener.name.client.ssl.client.auth=required');
    lines.push('ssl.endpoint.identification.algorithm=');
  }
  return `${lines.join('\n')}\n`;
}

const LOGGING = `rootLogger.level=WARN
rootLogger.appenderRef.stdout.ref=STDOUT
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d %p %m (%c)%n
`;
