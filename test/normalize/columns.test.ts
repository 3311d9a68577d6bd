import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import type { Event } from '../../src/event/event.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { createFileSource } from '../../src/source/file.ts';
import { createMemoryRegister } from '../../src/source/register.ts';
import { fileSourceSettings } from '../../src/source/settings.ts';
import { eventsOf } from '../support/an-event.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-columns-'));
  path = join(folder, 'a.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const normalizer = createNormalizer({});
const eventsIn = (records: readonly RawRecord[]): readonly Event[] =>
  records.flatMap((record) => decode(record, DEFAULT_LIMITS).documents.map((decoded) => normalizer.normalize(record, decoded)));

/** What a file holds from a position on, read by a source that begins there. */
async function read(register = createMemoryRegister(), positions = new Map<number, bigint>()) {
  const records: RawRecord[] = [];
  let next = 0n;
  const source = createFileSource(fileSourceSettings.parse({ kind: 'file', name: 'f', path }), systemClock, register);
  for await (const batch of source.batches(positions, new AbortController().signal)) {
    records.push(...batch.records);
    next = batch.next ?? next;
  }
  return { records, events: eventsIn(records), next };
}

const IIS = `#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2026-11-20 07:00:00
#Fields: date time c-ip cs-method cs-uri-stem sc-status x-tenant cs(User-Agent)
2026-11-20 07:00:01 192.0.2.7 GET /login 401 blue curl/8.5.0
#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2026-11-20 07:30:00
#Fields: time sc-status c-ip cs-uri-stem cs-username
07:30:05 200 192.0.2.8 /admin alice
`;

describe('lines whose columns the head of their file names', () => {
  test('IIS in the columns an administrator chose, and in others after a restart of the server', async () => {
    writeFileSync(path, IIS.replaceAll('\n', '\r\n'));
    const { events } = await read();
    expect(events.map(({ route }) => route.format).filter((format) => format !== 'iis.access')).toEqual(['text', 'text', 'text']);
    const [first, second] = [events[4], events[9]];
    expect(first?.toEcs()).toMatchObject({
      '@timestamp': '2026-11-20T07:00:01.000Z',
      source: { ip: '192.0.2.7' },
      http: { request: { method: 'GET' }, response: { status_code: 401 } },
      user_agent: { original: 'curl/8.5.0' },
    });
    expect(first?.field('x-tenant')).toBe('blue');
    expect(second?.toEcs()).toMatchObject({ '@timestamp': '2026-11-20T07:30:05.000Z', user: { name: 'alice' }, url: { path: '/admin' } });
  });

  const zeek = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    '#path\tdns',
    '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tAA\tanswers',
    '#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tbool\tvector[string]',
    '1795158000.430166\tCabc\t192.0.2.7\t53124\t198.51.100.1\t53\tudp\texample.com\tF\t203.0.113.5,203.0.113.6',
    '1795158001.000000\tCdef\t192.0.2.7\t53125\t198.51.100.1\t53\tudp\t-\tT\t(empty)',
    '#close\t2026-11-20-08-00-00',
  ];

  test("Zeek's own tables with their types, unset and empty values", async () => {
    writeFileSync(path, `${zeek.join('\n')}\n`);
    const { events } = await read();
    // Also the lines before the names, and the last one.
    expect(new Set(events.map(({ route }) => route.format))).toEqual(new Set(['zeek']));
    const [first, second] = [events[7], events[8]];
    expect(first?.route.labels).toContainEqual({ product: 'zeek', service: 'dns' });
    expect(first?.document).toMatchObject({ 'id.orig_p': 53124, AA: false, answers: ['203.0.113.5', '203.0.113.6'] });
    expect(first?.toEcs()).toMatchObject({
      '@timestamp': '2026-11-20T07:00:00.430166Z',
      source: { ip: '192.0.2.7', port: 53124 },
      dns: { question: { name: 'example.com' }, resolved_ip: ['203.0.113.5', '203.0.113.6'] },
      event: { dataset: 'zeek.dns' },
    });
    expect(second?.document).toMatchObject({ AA: true, answers: [] });
    expect(second?.field('query')).toBeUndefined();
  });

  test('Amazon VPC flow logs in the order of their first line', async () => {
    writeFileSync(
      path,
      'srcaddr dstaddr srcport dstport action end interface-id\n10.0.0.1 198.51.100.7 443 50112 REJECT 1795158000 eni-0a1b2c3d\n',
    );
    const { events } = await read();
    expect(events.map(({ route }) => route.format)).toEqual(['aws.vpcflow', 'aws.vpcflow']);
    expect(events[1]?.toEcs()).toMatchObject({
      '@timestamp': '2026-11-20T07:00:00.000Z',
      source: { ip: '10.0.0.1', port: 443 },
      event: { action: 'reject', outcome: 'failure' },
    });
  });

  test('reading goes on in the middle of a file, and of its head, with the columns in force there', async () => {
    for (const whole of [IIS, `${zeek.join('\n')}\n`]) {
      const lines = whole.split(/(?<=\n)/);
      writeFileSync(path, whole);
      const expected = (await read()).events.map((event) => event.document);
      for (let cut = 1; cut < lines.length; cut++) {
        rmSync(path);
        const register = createMemoryRegister();
        writeFileSync(path, lines.slice(0, cut).join(''));
        const before = await read(register);
        appendFileSync(path, lines.slice(cut).join(''));
        const after = await read(register, new Map([[0, before.next]]));
        expect([...before.events, ...after.events].slice(cut).map((event) => event.document)).toEqual(expected.slice(cut));
        // A crash puts the position back behind what was noted of the file.
        const again = await read(register, new Map([[0, before.next]]));
        expect(again.events.map((event) => event.document)).toEqual(expected.slice(cut));
      }
    }
  });

  test('a line with other columns than its head names is no line of it, and no head makes a line vanish', async () => {
    writeFileSync(path, '#Fields: date time c-ip cs-uri-stem\nmimikatz was here\n#Remark: hidden\n');
    const { events } = await read();
    expect(events.map(({ route, document }) => [route.format, document['message']])).toEqual([
      ['iis.access', '#Fields: date time c-ip cs-uri-stem'],
      ['text', 'mimikatz was here'],
      ['iis.access', '#Remark: hidden'],
    ]);
  });

  test('a Zeek record below the name of its log is that record', () => {
    const inner = { ts: 1795158000.5, uid: 'C1', 'id.orig_h': '192.0.2.7', 'id.resp_h': '198.51.100.1', conn_state: 'SF' };
    for (const settings of [{}, { format: 'zeek' }]) {
      const [event] = eventsOf(JSON.stringify({ conn: inner }), settings);
      expect(event?.route.labels).toContainEqual({ product: 'zeek', service: 'conn' });
      expect(event?.toEcs()).toMatchObject({ source: { ip: '192.0.2.7' }, '@timestamp': '2026-11-20T07:00:00.500Z' });
    }
  });
});
