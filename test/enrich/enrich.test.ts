import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { afterAll, describe, expect, test } from 'vitest';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { readGeoTable } from '../../src/enrich/geo.ts';
import { readIndicators } from '../../src/enrich/indicator-files.ts';
import { createIndicatorTable } from '../../src/enrich/indicators.ts';
import { loadTables } from '../../src/enrich/load.ts';
import { createNetworks } from '../../src/enrich/networks.ts';
import { readPattern } from '../../src/enrich/stix-pattern.ts';
import { get } from '../../src/normalize/materialize.ts';
import { aDetection } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-enrich-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const none = { geoip: [] as string[], assets: [] as string[], identities: [] as string[], indicators: [] as string[] };
const tables = (settings: Partial<typeof none>) => {
  const loaded = loadTables({ ...none, ...settings }, folder);
  if (loaded === undefined) throw new Error('no tables');
  return loaded;
};
const enriched = (document: object, settings: Parameters<typeof tables>[0]) =>
  anEvent(document, { enrichment: tables(settings).enrichment, logsource: { category: 'test' } });

const assets = file(
  'assets.csv',
  'ip,host,criticality,owner,host.risk.static_level\n10.0.0.0/8,,low,net,\n10.0.0.5;10.0.0.6,db1,high,"Data, Base",High\n',
);
const identities = file('users.ndjson', '{"name":"alice","email":"alice@corp.example","department":"ops","user.full_name":"Alice A."}\n');

describe('assets and identities', () => {
  test('a host is found by name, by address and by network, the narrower first', () => {
    const of = (document: object) => get(enriched(document, { assets: [assets] }).toEcs(), 'wardline.asset');
    expect(of({ ecs: {}, host: { name: 'DB1' } })).toMatchObject({ criticality: 'high', owner: 'Data, Base' });
    expect(of({ ecs: {}, destination: { ip: '10.0.0.6' } })).toMatchObject({ criticality: 'high' });
    expect(of({ ecs: {}, destination: { ip: '10.9.9.9' } })).toMatchObject({ criticality: 'low' });
    expect(of({ ecs: {}, destination: { ip: '192.0.2.1' } })).toBeUndefined();
  });

  test('a column with an ECS name fills the field, and never replaces what the event says', () => {
    const level = (document: object) => get(enriched(document, { assets: [assets] }).toEcs(), 'host.risk.static_level');
    expect(level({ ecs: {}, host: { name: 'db1' } })).toBe('High');
    expect(level({ ecs: {}, host: { name: 'db1', risk: { static_level: 'Low' } } })).toBe('Low');
  });

  test('a user is found in every usual spelling', () => {
    for (const user of [{ name: 'ALICE' }, { name: 'CORP\\alice' }, { name: 'alice@other.example' }, { email: 'alice@corp.example' }]) {
      const document = enriched({ ecs: {}, user }, { identities: [identities] }).toEcs();
      expect([user, get(document, 'wardline.identity.department'), get(document, 'user.full_name')]).toEqual([user, 'ops', 'Alice A.']);
    }
  });

  test('a row without a key, a bad network and a broken file are errors with their line', () => {
    expect(() => tables({ assets: [file('a.csv', 'owner\nme\n')] })).toThrow('a.csv:2: a row needs one of the columns');
    expect(() => tables({ assets: [file('b.csv', 'ip\n10.0.0.0/99\n')] })).toThrow('b.csv:2: "10.0.0.0/99" is no network');
    expect(() => tables({ identities: [file('c.ndjson', '{"name":"x"}\n{"name":\n')] })).toThrow('c.ndjson:2:');
    expect(() => tables({ identities: ['missing.csv'] })).toThrow('cannot read the identity file missing.csv');
  });
});

const indicators = file(
  'iocs.csv',
  'value,type,provider,valid_from,valid_until,revoked\n203.0.113.0/24,ip,feed,2026-01-01T00:00:00Z,2026-12-01T00:00:00Z,\nevil.example,domain,feed,,,\n44d88612fea8a8f36de82e1278abb02f,md5,feed,,,\n198.51.100.9,ip,feed,,,true\nx,registry-key,feed,,,\n',
);

describe('indicators', () => {
  const hits = (document: object) =>
    (get(enriched(document, { indicators: [indicators] }).toEcs(), 'threat.enrichments') ?? []) as readonly object[];

  test('networks, domains with what is below them, and hashes are met; what is revoked is not', () => {
    expect(hits({ ecs: {}, source: { ip: '::ffff:203.0.113.7' } })).toMatchObject([
      {
        indicator: { type: 'ipv4-addr', name: '203.0.113.0/24', provider: 'feed' },
        matched: { field: 'source.ip', type: 'indicator_match_rule' },
      },
    ]);
    expect(hits({ ecs: {}, dns: { question: { name: 'A.b.Evil.example.' } } })).toHaveLength(1);
    expect(hits({ ecs: {}, dns: { question: { name: 'notevil.example' } } })).toEqual([]);
    expect(hits({ ecs: {}, file: { hash: { md5: '44D88612FEA8A8F36DE82E1278ABB02F' } } })).toHaveLength(1);
    expect(hits({ ecs: {}, source: { ip: '198.51.100.9' } })).toEqual([]);
  });

  test('validity is compared with the time of the event', () => {
    expect(hits({ ecs: {}, '@timestamp': '2026-06-01T00:00:00Z', source: { ip: '203.0.113.7' } })).toHaveLength(1);
    expect(hits({ ecs: {}, '@timestamp': '2025-06-01T00:00:00Z', source: { ip: '203.0.113.7' } })).toEqual([]);
    expect(hits({ ecs: {}, '@timestamp': '2026-12-01T00:00:00Z', source: { ip: '203.0.113.7' } })).toEqual([]);
  });

  test('rules ask for what tables added as for any other field', () => {
    const enrichment = tables({ indicators: [indicators], assets: [assets] }).enrichment;
    const rule = aDetection({
      s: { 'threat.enrichments.matched.field': 'source.ip', 'wardline.asset.criticality': 'high' },
      condition: 's',
    });
    const matcher = createMatcher([rule]);
    const count = (ip: string) => {
      const found = createMatchBuffer();
      matcher.match(anEvent({ source: { ip }, host: { name: 'db1' } }, { enrichment, logsource: { category: 'test' } }), found);
      return found.count;
    };
    expect([count('203.0.113.7'), count('192.0.2.7')]).toEqual([1, 0]);
  });

  test('a STIX bundle: choices of values are read, everything else is counted by reason', () => {
    const indicator = (pattern: string, more: object = {}) => ({
      type: 'indicator',
      id: 'indicator--1',
      pattern,
      pattern_type: 'stix',
      valid_from: '2026-01-01T00:00:00Z',
      ...more,
    });
    const { indicators: found, skipped } = readIndicators(
      'b.json',
      JSON.stringify({
        type: 'bundle',
        objects: [
          indicator("[ipv4-addr:value = '203.0.113.1' OR domain-name:value IN ('a.example', 'b.example')]"),
          indicator("[ipv4-addr:value ISSUBSET '203.0.113.0/24'] OR [url:value = 'http://x/it\\'s']"),
          indicator("[file:hashes.'SHA-256' = 'ab']"),
          indicator("[a:b = 'c']"),
          indicator("[ipv4-addr:value = '1.1.1.1'] FOLLOWEDBY [ipv4-addr:value = '1.1.1.2']"),
          indicator("[ipv4-addr:value = '1.1.1.1']", { revoked: true }),
        ],
      }),
    );
    expect(found.map(({ type, value }) => [type, value])).toEqual([
      ['ip', '203.0.113.1'],
      ['domain', 'a.example'],
      ['domain', 'b.example'],
      ['ip', '203.0.113.0/24'],
      ['url', "http://x/it's"],
      ['file', 'ab'],
    ]);
    expect([...skipped.values()].reduce((a, b) => a + b, 0)).toBe(3);
  });

  test('a MISP event: attributes of the event and of its objects that are meant for detection', () => {
    const { indicators: found, skipped } = readIndicators(
      'm.json',
      JSON.stringify({
        Event: {
          info: 'campaign',
          Orgc: { name: 'CERT' },
          Attribute: [
            { type: 'ip-dst|port', value: '203.0.113.1|443', uuid: 'u1', to_ids: true },
            { type: 'domain', value: 'x.example', to_ids: false },
            { type: 'btc', value: 'y', to_ids: true },
          ],
          Object: [{ Attribute: [{ type: 'filename|sha256', value: 'a.exe|ab12', to_ids: true }] }],
        },
      }),
    );
    expect(found).toEqual([
      { provider: 'CERT', description: 'campaign', type: 'ip', value: '203.0.113.1', id: 'u1' },
      { provider: 'CERT', description: 'campaign', type: 'file', value: 'ab12' },
    ]);
    expect([...skipped.keys()].sort()).toEqual(['not meant for detection (to_ids is false)', 'type btc is not known']);
  });

  test('whatever a pattern is, it is values or a reason', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('[', ']', '(', ')', ',', ' OR ', ' AND ', "'a'", "'", 'ipv4-addr:value', ' = ', ' IN ', ' ISSUBSET ', 'x', '\\'),
        ),
        (parts) => {
          const read = readPattern(parts.join(''));
          expect(typeof read === 'string' || read.length > 0).toBe(true);
        },
      ),
    );
  });
});

describe('networks', () => {
  test('the longest prefix that holds an address, as one finds it by trying all', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, prefix]) => `${ip}/${prefix}`);
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([ip, prefix]) => `${ip}/${prefix}`);
    const narrow = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 24, max: 32 })).map(([n, prefix]) => `10.0.0.${n}/${prefix}`);
    const addresses = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.integer({ min: 0, max: 255 }).map((n) => `10.0.0.${n}`),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(v4, v6, narrow), { maxLength: 12 }), addresses, (networks, address) => {
        const valid = networks.filter((network) => ipaddr.isValidCIDR(network));
        const parsed = ipaddr.process(address);
        const holds = valid.filter((network) => {
          const [range, prefix] = ipaddr.parseCIDR(network);
          return range.kind() === parsed.kind() && parsed.match(range, prefix);
        });
        const longest = Math.max(-1, ...holds.map((network) => Number(network.split('/')[1])));
        const found = createNetworks(valid.map((network) => [network, Number(network.split('/')[1])] as const)).find(address);
        expect(found ?? -1).toBe(longest);
      }),
    );
  });
});

describe('a table set', () => {
  test('is named by what is in its files', () => {
    const digest = (text: string) => tables({ identities: [file('d.csv', text)] }).enrichment.digest;
    expect(digest('name,x\na,1\n')).toBe(digest('name,x\na,1\n'));
    expect(digest('name,x\na,1\n')).not.toBe(digest('name,x\na,2\n'));
    expect(loadTables(none, folder)).toBeUndefined();
  });

  test('an event holds at most ten hits, and says how many more there were', () => {
    const many = createIndicatorTable(Array.from({ length: 50 }, () => ({ type: 'ip' as const, value: '203.0.113.1' })));
    expect(many.find('ip', '203.0.113.1')).toHaveLength(50);
    const path = file('many.csv', `value\n${'203.0.113.1\n'.repeat(50)}`);
    const event = enriched({ ecs: {}, source: { ip: '203.0.113.1' } }, { indicators: [path] });
    expect(get(event.toEcs(), 'threat.enrichments')).toHaveLength(10);
    expect(get(event.toEcs(), 'wardline.indicators.left_out')).toBe(40);
    expect(event.field('wardline.indicators.left_out')).toBe(40);
    const few = enriched({ ecs: {}, source: { ip: '203.0.113.2' } }, { indicators: [path] });
    expect(few.field('wardline.indicators.left_out')).toBeUndefined();
  });
});

const shared = resolve(import.meta.dirname, '../../../shared/data/geo/maxmind-test/test-data');
if (!existsSync(shared)) console.log('GeoIP databases are skipped: the shared data set is not here');
describe.skipIf(!existsSync(shared))('GeoIP', () => {
  test('places and networks of public addresses, for both ends and for rules', () => {
    const geoip = ['GeoLite2-City-Test.mmdb', 'GeoLite2-ASN-Test.mmdb'].map((name) => join(shared, name));
    const event = enriched({ ecs: {}, source: { ip: '89.160.20.156' }, destination: { ip: '10.0.0.1' } }, { geoip });
    const document = event.toEcs();
    expect(get(document, 'source.geo')).toEqual({
      city_name: 'Linköping',
      continent_name: 'Europe',
      country_iso_code: 'SE',
      country_name: 'Sweden',
      location: { lat: 58.4167, lon: 15.6167 },
      region_iso_code: 'SE-E',
      region_name: 'Östergötland County',
    });
    expect(get(document, 'source.as')).toEqual({ number: 29518, organization: { name: 'Bredband2 AB' } });
    expect(get(document, 'destination.geo')).toBeUndefined();
    expect(event.field('source.geo.country_iso_code')).toBe('SE');
  });

  test('a database is read, or refused with its name; whatever is broken in it, a look-up answers', () => {
    for (const name of readdirSync(shared).filter((one) => one.endsWith('.mmdb'))) {
      const bytes = readFileSync(join(shared, name));
      let table: ReturnType<typeof readGeoTable>;
      try {
        table = readGeoTable(name, bytes);
      } catch (error) {
        expect(String(error)).toContain(name);
        continue;
      }
      for (const address of ['89.160.20.156', '2.125.160.216', '::1', '2001:218::1', 'not an address', ''])
        expect(() => table.lookUp(address)).not.toThrow();
    }
    expect(() => readGeoTable('x.mmdb', Buffer.from('nothing'))).toThrow('x.mmdb is no MaxMind database');
  });
});
