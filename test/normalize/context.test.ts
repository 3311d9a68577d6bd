import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { traceContextOf } from '../../src/decode/trace-context.ts';
import type { Event } from '../../src/event/event.ts';
import { get } from '../../src/normalize/materialize.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { aRecord } from '../support/an-event.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';
const SPAN = 'eee19b7ec3c1b174';

function eventsOf(text: string, headers: Record<string, string> = {}): readonly Event[] {
  const record = { ...aRecord(text), headers: new Map(Object.entries(headers)) };
  const normalizer = createNormalizer({});
  return decode(record, DEFAULT_LIMITS).documents.map((decoded) => normalizer.normalize(record, decoded));
}
const aLog = (body: unknown, more: object = {}): string =>
  JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'host.name', value: { stringValue: 'collector-1' } }] },
        scopeLogs: [{ logRecords: [{ timeUnixNano: '1763625600000000000', traceId: TRACE, spanId: SPAN, body, ...more }] }],
      },
    ],
  });

describe('trace context of headers', () => {
  const cases: [string, Record<string, string>, string, string][] = [
    ['W3C', { traceparent: `00-${TRACE}-${SPAN}-01` }, TRACE, SPAN],
    ['CloudEvents', { ce_traceparent: `00-${TRACE}-${SPAN}-01` }, TRACE, SPAN],
    ['b3', { b3: `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90` }, TRACE, SPAN],
    ['b3 with short trace ids', { b3: `d269b633813fc60c-${SPAN}` }, `0000000000000000d269b633813fc60c`, SPAN],
    ['b3 in several headers', { 'x-b3-traceid': TRACE.toUpperCase(), 'x-b3-spanid': SPAN }, TRACE, SPAN],
    ['Jaeger', { 'uber-trace-id': `${TRACE}:${SPAN.slice(4)}:0:1` }, TRACE, `0000${SPAN.slice(4)}`],
    ['the first that is sound', { traceparent: 'nonsense', b3: `${TRACE}-${SPAN}` }, TRACE, SPAN],
  ];
  test.each(cases)('%s', (_name, headers, trace, span) => {
    expect(traceContextOf(new Map(Object.entries(headers)))).toEqual({ 'trace.id': trace, 'span.id': span });
  });

  test.each([
    ['no headers', {}],
    ['ids of zeroes', { traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` }],
    ['a trace without a span', { 'x-b3-traceid': TRACE }],
  ])('%s: none', (_name, headers) => {
    expect(traceContextOf(new Map(Object.entries(headers)))).toBeUndefined();
  });

  test('fills the fields of an event that has none, for rules and in its document alike', () => {
    const [event] = eventsOf('{"message": "paid"}', { traceparent: `00-${TRACE}-${SPAN}-01` });
    expect([event?.field('trace.id'), event?.field('span.id')]).toEqual([TRACE, SPAN]);
    expect(event?.toEcs()).toMatchObject({ trace: { id: TRACE }, span: { id: SPAN } });
    const [line] = eventsOf('Nov 20 08:00:00 web sshd[1]: Accepted password for a from 10.0.0.1 port 22 ssh2', { b3: `${TRACE}-${SPAN}` });
    expect(line?.field('trace.id')).toBe(TRACE);
  });

  test('what the event says itself counts more', () => {
    const own = 'a'.repeat(32);
    const [event] = eventsOf(`{"message": "paid", "trace_id": "${own}"}`, { traceparent: `00-${TRACE}-${SPAN}-01` });
    expect([event?.field('trace.id'), event?.toEcs()['trace']]).toEqual([own, { id: own }]);
  });
});

describe('the body of a log record of OTLP', () => {
  test('a line of a known format is an event of it, joined to its span, with the record around it', () => {
    const [event, ...more] = eventsOf(
      aLog({ stringValue: '<86>Nov 20 07:59:59 web-1 sshd[71]: Failed password for root from 203.0.113.9 port 22 ssh2' }),
    );
    expect(more).toEqual([]);
    expect(event?.route.format).toBe('linux.auth');
    expect([event?.field('trace.id'), event?.field('source.ip')]).toEqual([TRACE, '203.0.113.9']);
    expect(event?.toEcs()).toMatchObject({
      user: { name: 'root' },
      host: { name: 'web-1' },
      trace: { id: TRACE },
      span: { id: SPAN },
      otel: { resource: { attributes: { 'host.name': 'collector-1' } } },
    });
  });

  test('so is a document, as text or as a map', () => {
    const document = {
      eventSource: 'signin.amazonaws.com',
      eventName: 'ConsoleLogin',
      eventVersion: '1.08',
      eventTime: '2026-11-20T07:00:00Z',
      userIdentity: { type: 'Root' },
    };
    const map = {
      kvlistValue: {
        values: Object.entries(document).map(([key, value]) => ({
          key,
          value:
            typeof value === 'string'
              ? { stringValue: value }
              : { kvlistValue: { values: [{ key: 'type', value: { stringValue: 'Root' } }] } },
        })),
      },
    };
    for (const body of [{ stringValue: JSON.stringify(document) }, map]) {
      const [event] = eventsOf(aLog(body));
      expect(event?.route.format).toBe('aws.cloudtrail');
      expect(event?.toEcs()).toMatchObject({ '@timestamp': '2026-11-20T07:00:00.000Z', trace: { id: TRACE } });
    }
  });

  test('anything else is the log record itself; a map is its message as JSON', () => {
    const bodies: [unknown, string][] = [
      [{ stringValue: 'disk is full' }, 'disk is full'],
      [{ stringValue: '{"free": 0}' }, '{"free": 0}'],
      [{ kvlistValue: { values: [{ key: 'free', value: { intValue: '0' } }] } }, '{"free":0}'],
    ];
    for (const [body, text] of bodies) {
      const [event] = eventsOf(aLog(body));
      expect(event?.route.format).toBe('otlp.log');
      expect([event?.toEcs()['message'], get(event?.toEcs() ?? {}, 'host.name')]).toEqual([text, 'collector-1']);
    }
  });

  test('a body that says no time of its own has that of the record', () => {
    const [event] = eventsOf(aLog({ stringValue: '{"trap_oid": "1.3.6.1.6.3.1.1.5.3", "varbinds": []}' }));
    expect(event?.toEcs()['@timestamp']).toBe('2025-11-20T08:00:00.000Z');
    expect(event?.route.format).toBe('snmp.trap');
  });
});
