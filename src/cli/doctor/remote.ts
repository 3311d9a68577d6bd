import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Settings } from '../../config/settings.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { Secret } from '../../shared/secret.ts';
import { privilegesOf } from '../../sink/elasticsearch-privileges.ts';
import { createKafkaClient } from '../../transport/kafka-client.ts';
import { kafkaFault } from '../../transport/kafka-fault.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { lagFindings } from './lag.ts';

const TIMEOUT_MS = 5000;
/** Clocks that differ by more move events across windows. */
const SKEW_MS = 60_000;

type Source = Settings['sources'][number];
type Sink = Settings['sinks'][number];

/** A Kafka source: brokers, topics, and whether they keep as long as rules look back. */
export async function kafkaFindings(
  source: Extract<Source, { kind: 'kafka' }>,
  longest: { readonly ms: number; readonly text: string },
  maxLag: number,
  logger: Logger,
): Promise<readonly Finding[]> {
  const check = `source ${source.name}`;
  const admin = createKafkaClient(check, source, logger).admin({ retry: { retries: 1 } });
  try {
    await within(admin.connect());
    const there = await admin.listTopics();
    const missing = source.topics.filter((topic) => !there.includes(topic));
    const found: Finding[] = [
      missing.length > 0
        ? fail(check, `no topic ${missing.join(', ')}`, 'make the topic, or correct "topics"')
        : ok(check, `broker answers, ${source.topics.length === 0 ? 'topics by pattern' : `topics ${source.topics.join(', ')}`}`),
    ];
    for (const topic of source.topics.filter((one) => there.includes(one))) {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
      });
      const kept = Number(resources[0]?.configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue ?? -1);
      if (kept >= 0 && kept < longest.ms)
        found.push(
          warn(
            check,
            `topic ${topic} keeps ${Math.round(kept / 3_600_000)} h, rules look back ${longest.text}`,
            'raise retention.ms of the topic: a replay would miss the beginning of windows',
          ),
        );
    }
    const present = source.topics.filter((one) => there.includes(one));
    // Each topic of several has a group of its own in the distributed form; the embedded form has one.
    return [...found, ...(await within(lagFindings(check, source.groupId, present, admin, maxLag)))];
  } catch (error) {
    return [
      fail(
        check,
        `the broker does not answer: ${kafkaFault(error, source.ssl !== undefined)}`,
        `are ${source.brokers.join(', ')} right and reachable from here, with ssl and sasl as the broker wants?`,
      ),
    ];
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** A sink: its host is there; of Elasticsearch also the answer, and how its clock differs. */
export async function sinkFindings(sink: Sink, now: () => number): Promise<readonly Finding[]> {
  const check = `sink ${sink.name}`;
  if (sink.kind === 'console') return [ok(check, 'standard output')];
  if (sink.kind === 'elasticsearch') return elasticsearchFindings(check, sink, now);
  const address: unknown = 'url' in sink ? sink.url : undefined;
  const text = address instanceof Secret ? address.reveal() : typeof address === 'string' ? address : '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return [ok(check, `${sink.kind}; send a test: wardline deliver`)];
  return [await reachable(check, url.hostname, Number(url.port) || (url.protocol === 'http:' ? 80 : 443))];
}

async function elasticsearchFindings(
  check: string,
  sink: Extract<Sink, { kind: 'elasticsearch' }>,
  now: () => number,
): Promise<readonly Finding[]> {
  const url = new URL('/_cluster/health', sink.node);
  const auth =
    sink.apiKey !== undefined
      ? `ApiKey ${sink.apiKey.reveal()}`
      : sink.username !== undefined && sink.password !== undefined
        ? `Basic ${Buffer.from(`${sink.username}:${sink.password.reveal()}`).toString('base64')}`
        : undefined;
  try {
    const asked = now();
    const { status, date } = await head(url, auth, sink.ca, sink.insecure);
    const skew = date === undefined ? 0 : Date.parse(date) - asked;
    const found = [
      status === 401 || status === 403
        ? fail(
            check,
            `Elasticsearch at ${url.host} refuses access (${status})`,
            'is the key right, and may it monitor the cluster and create documents in wardline-*?',
          )
        : status >= 400
          ? warn(check, `Elasticsearch at ${url.host} answers ${status}`, 'look at its log')
          : ok(check, `Elasticsearch at ${url.host} answers`),
    ];
    if (status < 400) found.push(await privilegeFinding(check, sink));
    if (Math.abs(skew) > SKEW_MS)
      found.push(
        warn(
          'clock',
          `Elasticsearch at ${url.host} is ${Math.abs(Math.round(skew / 1000))} s ${skew > 0 ? 'ahead of' : 'behind'} this host`,
          'let both follow NTP: event times decide windows',
        ),
      );
    else if (date !== undefined) found.push(ok('clock', `within ${SKEW_MS / 1000} s of Elasticsearch at ${url.host}`));
    return found;
  } catch (error) {
    return [
      fail(
        check,
        `Elasticsearch at ${url.host} does not answer: ${messageOf(error)}`,
        'is "node" right, reachable from here, and its certificate signed by "ca"?',
      ),
    ];
  }
}

async function privilegeFinding(check: string, sink: Extract<Sink, { kind: 'elasticsearch' }>): Promise<Finding> {
  try {
    const found = await privilegesOf(sink, TIMEOUT_MS);
    if ('unknown' in found) return ok(check, 'the server asks nobody for privileges');
    if (found.lacking.length === 0) return ok(check, 'its user has the privileges that the sink needs');
    return fail(check, `its user lacks ${found.lacking.join(', ')}`, 'add them to the role of the user or API key');
  } catch (error) {
    return warn(check, `the privileges of its user are not known: ${messageOf(error)}`, 'look at the role of the user or API key');
  }
}

function head(
  url: URL,
  authorization: string | undefined,
  ca: string | undefined,
  insecure: boolean,
): Promise<{ readonly status: number; readonly date: string | undefined }> {
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((done, reject) => {
    const call = request(
      url,
      {
        timeout: TIMEOUT_MS,
        headers: authorization === undefined ? {} : { authorization },
        ...(url.protocol === 'http:' ? {} : { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !insecure }),
      },
      (response) => {
        response.resume();
        done({ status: response.statusCode ?? 0, date: response.headers.date });
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    call.on('error', reject);
    call.end();
  });
}

/** Names the host and never the path: the address of a webhook may be its secret. */
async function reachable(check: string, host: string, port: number): Promise<Finding> {
  try {
    const { address } = await within(lookup(host));
    await within(
      new Promise<void>((done, reject) => {
        const socket = connect({ host: address, port });
        socket.once('connect', () => {
          socket.destroy();
          done();
        });
        socket.once('error', reject);
      }),
    );
    return ok(check, `${host}:${port} can be reached`);
  } catch (error) {
    return fail(
      check,
      `${host}:${port} cannot be reached: ${messageOf(error)}`,
      'is the address right, and does the network let this host out?',
    );
  }
}

function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_done, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
