import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLateness } from '../../src/correlate/lateness.ts';
import { DEFAULT_LIMITS } from '../../src/decode/decode.ts';
import { type ByteMatcher, createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createIngest } from '../../src/pipeline/ingest.ts';
import { loadRules } from '../../src/rule/load.ts';
import { aRecord, NOON_MS } from '../support/an-event.ts';

const rule = (id: string, logsource: string, detection: string): string =>
  `title: ${id}\nid: ${id}\nlogsource: ${logsource}\ndetection: {s: ${detection}, condition: s}\nlevel: low\n`;
const { ruleset, problems } = loadRules([
  { path: 'a.yml', text: rule('tool', '{product: windows, category: process_creation}', "{Image|endswith: '\\whoami.exe'}") },
  { path: 'b.yml', text: rule('word', '{product: windows}', '[mimikatz]') },
  { path: 'c.yml', text: rule('leave', '{product: aws, service: cloudtrail}', '{eventName: StopLogging}') },
]);

const shown = (image: string, id: unknown, channel = 'Security') =>
  `{"Channel":"${channel}","EventID":${JSON.stringify(id)},"NewProcessName":${JSON.stringify(image)},"@timestamp":"2026-11-20T07:59:00Z"}`;
const texts = [
  shown('C:\\Windows\\explorer.exe', 4688),
  shown('C:\\Windows\\WHOAMI.exe', '4688'),
  shown('mimiKATZ', 4688),
  shown('C:\\tools\\m\u0131m\u0131katz \u212Aiwi', 4624, 'security'),
  '{"Records":[{"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","eventTime":"2026-11-20T07:58:00Z"}]}',
  '{"Channel":"Security","EventID":4688,"@timestamp":"not a time","note":"mimikatz"}',
  '{"Channel":"Security","EventID":4688',
  '{"msg":"mimikatz"}',
  '{"Channel":"Security","EventID":4688,"note":"a","note":"mimikatz"}',
  '{"Channel":"Security","EventID":4688,"more":{"a":1,"b":{"c":1},"a":2}}',
  '{"Channel":"Security","EventID":4688,"more":[{"a":1},{"a":2}],"size":1e999}',
  '{"Channel":"Security","EventID":4688,"@timestamp":"2031-11-20T07:59:00Z"}',
  `{"Channel":"Security","EventID":4688,"long":"${'x'.repeat(70_000)}"}`,
  '',
  'a line of text with mimikatz',
  `{"Channel":"Security","EventID":1,"deep":${'['.repeat(70)}${']'.repeat(70)}}`,
];

const nothing: ByteMatcher = { match: () => undefined, time: () => ({ time: 0n, tags: [] }) };
const ingestWith = (byteMatcher: ByteMatcher) =>
  createIngest({
    matcher: createMatcher(ruleset.detections),
    byteMatcher,
    fieldsNeeded: new Map([['tool', ['Image', 'process.name']]]),
    decode: DEFAULT_LIMITS,
    confirm: (_, __, ecs) => ecs(),
    exceptionsOf: () => [],
  });

test('records decided on their bytes and records that were decoded give the same matches, dead letters and counts', () => {
  expect(problems).toEqual([]);
  let matches = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 30 }), (chosen) => {
      const records = chosen.map((text, i) => aRecord(text, BigInt(i), NOON_MS + i));
      const both = [createByteMatcher(ruleset.detections, DEFAULT_LIMITS), nothing].map((byteMatcher) =>
        ingestWith(byteMatcher)(records, createNormalizer({}), createLateness(60_000_000_000n)),
      );
      expect({ ...both[0], checked: 0 }).toEqual(both[1]);
      matches += both[0]?.matches.length ?? 0;
    }),
    { numRuns: 60 },
  );
  expect(matches).toBeGreaterThan(20);
});

test('one event in ten thousand is decided by a full scan as well, which is believed and counted where it differs', () => {
  const right = createByteMatcher(ruleset.detections, DEFAULT_LIMITS);
  // Finds nothing, ever.
  const blind: ByteMatcher = { ...right, match: (bytes, decisions) => right.match(bytes, decisions, createMatchBuffer()) };
  const run = (byteMatcher: ByteMatcher) => {
    const records = [0n, 1n, 9_999n, 10_000n, 20_001n].map((offset) => aRecord(shown('C:\\whoami.exe', 4688), offset));
    const { matches, checked, counts } = ingestWith(byteMatcher)(records, createNormalizer({}), createLateness(0n));
    return { found: matches.map(({ origin }) => Number(origin.offset)), checked, differ: counts.tags.get('matchers_differ') };
  };
  expect(run(right)).toEqual({ found: [0, 1, 9_999, 10_000, 20_001], checked: 2, differ: undefined });
  expect(run(blind)).toEqual({ found: [0, 10_000], checked: 2, differ: 2 });
});

test('an event that matches nothing is never parsed', () => {
  const byteMatcher = createByteMatcher(ruleset.detections, DEFAULT_LIMITS);
  const normalizer = createNormalizer({});
  let parsed = 0;
  const ingest = ingestWith(byteMatcher);
  const counting = {
    ...normalizer,
    normalize: (...parts: Parameters<typeof normalizer.normalize>) => {
      parsed++;
      return normalizer.normalize(...parts);
    },
  };
  const { counts } = ingest(
    [shown('C:\\a.exe', 4688), shown('C:\\b.exe', 4688)].map((text, i) => aRecord(text, BigInt(i + 1))),
    counting,
    createLateness(0n),
  );
  expect([counts.events, parsed]).toEqual([2, 0]);
});

test('what is doubtful about events is counted, on bytes as well as on documents', () => {
  const all = [createByteMatcher(ruleset.detections, DEFAULT_LIMITS), nothing].map((byteMatcher) => {
    const records = texts.map((text, i) => aRecord(text, BigInt(i)));
    return [...ingestWith(byteMatcher)(records, createNormalizer({}), createLateness(0n)).counts.tags].sort();
  });
  expect(all[0]).toEqual(all[1]);
  expect(all[0]).toEqual(
    expect.arrayContaining([
      ['duplicate_key', 2],
      ['future_time', 1],
      ['number_range', 1],
      ['truncated', 1],
    ]),
  );
});
