import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { createNormalizer, type NormalizerSettings } from '../../src/normalize/normalizer.ts';
import { aRecord } from '../support/an-event.ts';

const SSH = 'Nov 20 07:59:00 web1 sshd[812]: Failed password for root from 192.0.2.7 port 22 ssh2';
const trail = { eventVersion: '1.08', eventSource: 's3.amazonaws.com', eventName: 'DeleteBucket', awsRegion: 'eu-west-1' };
const audit = {
  level: 'Metadata',
  auditID: 'a1',
  stage: 'ResponseComplete',
  verb: 'delete',
  user: { username: 'alice' },
  requestURI: '/api/v1/x',
};

/** The events of a document: format, time, and some fields. */
function seen(document: object | Uint8Array, fields: readonly string[] = [], settings: NormalizerSettings = {}) {
  const record = aRecord(document instanceof Uint8Array ? document : JSON.stringify(document));
  const { documents, deadLetters, discarded } = decode(record, DEFAULT_LIMITS);
  expect(deadLetters).toEqual([]);
  const normalizer = createNormalizer(settings);
  const events = documents.map((decoded) => normalizer.normalize(record, decoded));
  return {
    discarded,
    events: events.map((event) => [event.route.format, event.toEcs()['@timestamp'], ...fields.map((field) => event.field(field))]),
  };
}

describe('what services wrap around events', () => {
  const subscription = {
    messageType: 'DATA_MESSAGE',
    owner: '123456789012',
    logGroup: '/var/log/secure',
    logStream: 'i-0abc',
    logEvents: [
      { id: '1', timestamp: 1795158000000, message: SSH },
      { id: '2', timestamp: 1795158001000, message: JSON.stringify(trail) },
    ],
  };

  test('CloudWatch Logs: lines and documents, each with its group; compressed as it comes', () => {
    const expected = [
      ['linux.auth', '2026-11-20T07:59:00.000Z', '192.0.2.7', '123456789012', '/var/log/secure'],
      ['aws.cloudtrail', '2026-11-20T07:00:01.000Z', undefined, '123456789012', '/var/log/secure'],
    ];
    const fields = ['source.ip', 'cloud.account.id', 'aws.cloudwatch.log_group'];
    expect(seen(subscription, fields).events).toEqual(expected);
    expect(seen(gzipSync(JSON.stringify(subscription)), fields).events).toEqual(expected);
    expect(seen({ ...subscription, messageType: 'CONTROL_MESSAGE' })).toEqual({ discarded: 1, events: [] });
  });

  test('EventBridge', () => {
    const event = {
      version: '0',
      id: 'x',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.s3',
      account: '1',
      region: 'eu-west-1',
    };
    expect(seen({ ...event, time: '2026-11-20T07:58:00Z', detail: trail }, ['eventName', 'aws.eventbridge.source']).events).toEqual([
      ['aws.cloudtrail', '2026-11-20T07:58:00.000Z', 'DeleteBucket', 'aws.s3'],
    ]);
  });

  test('Pub/Sub push, CloudEvents in both forms, one in another', () => {
    const data = Buffer.from(SSH).toString('base64');
    const push = { message: { data, messageId: '7', publishTime: '2026-11-20T07:59:30Z' }, subscription: 'projects/p/subscriptions/s' };
    expect(seen(push, ['user.name', 'gcp.pubsub.message_id']).events).toEqual([['linux.auth', '2026-11-20T07:59:00.000Z', 'root', '7']]);
    const cloud = { specversion: '1.0', type: 't', source: '/s', id: '1', time: '2026-11-20T07:57:00Z' };
    const expected = [['aws.cloudtrail', '2026-11-20T07:57:00.000Z', 't']];
    expect(seen({ ...cloud, data: trail }, ['cloudevents.type']).events).toEqual(expected);
    const base64 = Buffer.from(JSON.stringify(trail)).toString('base64');
    expect(seen({ ...cloud, data_base64: base64 }, ['cloudevents.type']).events).toEqual(expected);
    const within = { message: { data: Buffer.from(JSON.stringify({ ...cloud, data: trail })).toString('base64') }, subscription: 's' };
    expect(seen(within, ['cloudevents.type']).events).toEqual(expected);
  });

  test('Connect with its schemas, lists of Kubernetes', () => {
    const payload = { op: 'c', ts_ms: 1795158000000, after: { id: 1 } };
    expect(seen({ schema: { type: 'struct' }, payload }, ['op']).events).toEqual([['json', '2026-11-20T07:00:00.000Z', 'c']]);
    expect(seen({ schema: null, payload: null })).toEqual({ discarded: 1, events: [] });
    const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [audit, audit] };
    expect(seen(list, ['verb']).events.map(([format, , verb]) => [format, verb])).toEqual([
      ['kubernetes.audit', 'delete'],
      ['kubernetes.audit', 'delete'],
    ]);
  });

  test('what only looks like a carrier stays as it is, and nesting ends', () => {
    for (const document of [{ payload: 1 }, { specversion: '1.0', type: 't' }, { items: [1] }, { subscription: 's', message: 'm' }])
      expect(seen(document).events.map(([format]) => format)).toEqual(['json']);
    let nested: object = { a: 1 };
    for (let i = 0; i < 12; i++) nested = { schema: null, payload: nested };
    expect(seen(nested).events).toHaveLength(1);
  });
});

describe('what shippers carry', () => {
  const at = '2026-11-20T07:59:10.000Z';
  const shipped: [string, object, string, string][] = [
    [
      'Filebeat',
      {
        '@timestamp': at,
        '@metadata': { beat: 'filebeat' },
        agent: { type: 'filebeat' },
        ecs: { version: '8.0.0' },
        message: SSH,
        log: { file: { path: '/var/log/secure' } },
      },
      'log.file.path',
      '/var/log/secure',
    ],
    [
      'Logstash',
      { '@timestamp': at, '@version': '1', message: SSH, log: { file: { path: '/var/log/secure' } } },
      'log.file.path',
      '/var/log/secure',
    ],
    ['Vector', { source_type: 'file', file: '/var/log/auth.log', timestamp: at, message: SSH }, 'log.file.path', '/var/log/auth.log'],
    [
      'Fluent Bit with Kubernetes',
      { date: 1795158000.5, log: `${SSH}\n`, stream: 'stderr', kubernetes: { pod_name: 'p1', namespace_name: 'n1' } },
      'orchestrator.resource.name',
      'p1',
    ],
    ['Docker', { log: `${SSH}\n`, stream: 'stdout', time: at }, 'source.ip', '192.0.2.7'],
    [
      'journald',
      {
        MESSAGE: 'Failed password for root from 192.0.2.7 port 22 ssh2',
        SYSLOG_IDENTIFIER: 'sshd',
        _PID: '812',
        _HOSTNAME: 'web1',
        __REALTIME_TIMESTAMP: '1795161540000000',
      },
      'process.pid',
      '812',
    ],
  ];
  test.each(shipped)('%s', (_name, document, field, value) => {
    const [[format, time, user, also] = []] = seen(document, ['user.name', field]).events;
    expect([format, time, user, String(also)]).toEqual(['linux.auth', '2026-11-20T07:59:00.000Z', 'root', value]);
  });

  test('a document that a shipper has understood, or that is of a format of its own, stays as it is', () => {
    const understood = { '@metadata': { beat: 'filebeat' }, ecs: { version: '8' }, event: { category: ['authentication'] }, message: SSH };
    expect(seen(understood).events.map(([format]) => format)).toEqual(['ecs']);
    expect(seen({ '@version': '1', message: 'just a word' }).events.map(([format]) => format)).toEqual(['json']);
    expect(seen({ message: SSH }).events.map(([format]) => format)).toEqual(['json']);
  });

  test('a container log that is a document is seen as its format', () => {
    const document = { log: JSON.stringify(trail), stream: 'stdout', time: at };
    expect(seen(document, ['eventName']).events).toEqual([['aws.cloudtrail', at, 'DeleteBucket']]);
  });
});
