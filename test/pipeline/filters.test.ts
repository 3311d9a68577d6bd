import { expect, test } from 'vitest';
import { createLateness } from '../../src/correlate/lateness.ts';
import { DEFAULT_LIMITS } from '../../src/decode/decode.ts';
import { createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { createFilters, withoutFilters } from '../../src/detect/filters.ts';
import { createMatcher } from '../../src/detect/matcher.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createIngest } from '../../src/pipeline/ingest.ts';
import { createMeters } from '../../src/pipeline/meters.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aRecord } from '../support/an-event.ts';

const logsource = { product: 'windows', category: 'process_creation' };
const filter = (id: string, rules: unknown, selection: object, more: object = {}) => ({
  title: id,
  id,
  logsource: { product: 'windows' },
  filter: { rules, s: selection, condition: 'not s' },
  ...more,
});
const ruleset = rulesetOf(
  { title: 'tool', id: 'tool', logsource, detection: { s: { 'Image|endswith': '\\tool.exe' }, condition: 's' } },
  { title: 'other', id: 'other', logsource, detection: { s: { 'Image|endswith': '.com' }, condition: 's' } },
  filter('admins', ['tool'], { SubjectUserName: 'ada' }),
  filter('servers', 'any', { Computer: 'build*' }),
  filter('never', ['tool'], { Computer: 'nowhere' }),
);
const asked = withoutFilters(ruleset.detections);
const ingest = createIngest({
  matcher: createMatcher(asked),
  byteMatcher: createByteMatcher(asked, DEFAULT_LIMITS),
  fieldsNeeded: new Map(),
  decode: DEFAULT_LIMITS,
  confirm: (_, __, ecs) => ecs(),
  exceptionsOf: () => [],
  filtersOf: createFilters(ruleset.detections),
});
const ran = (NewProcessName: string, SubjectUserName: string, Computer: string) =>
  JSON.stringify({ Channel: 'Security', EventID: 4688, '@timestamp': '2026-11-20T07:59:00Z', NewProcessName, SubjectUserName, Computer });
const records = [
  ran('C:\\tool.exe', 'eve', 'desk'),
  ran('C:\\tool.exe', 'Ada', 'desk'),
  ran('C:\\tool.exe', 'ada', 'build7'),
  ran('C:\\more.com', 'ada', 'build7'),
  ran('C:\\more.com', 'ada', 'desk'),
  ran('C:\\none.exe', 'ada', 'build7'),
].map((text, i) => aRecord(text, BigInt(i)));

test('a match that filters keep back is no match, and is told of each filter that kept it back', () => {
  const { matches, excepted, counts } = ingest(records, createNormalizer({}), createLateness(0n));
  expect(matches.map(({ rule, origin }) => [rule, Number(origin.offset)])).toEqual([
    ['tool', 0],
    ['other', 4],
  ]);
  expect(excepted.map(({ exception, rule, effect, origin }) => [exception, rule, effect, Number(origin.offset)])).toEqual([
    ['admins', 'tool', 'filter', 1],
    ['admins', 'tool', 'filter', 2],
    ['servers', 'tool', 'filter', 2],
    ['servers', 'other', 'filter', 3],
  ]);
  expect(counts.matches.map(({ rule, count }) => [rule, count])).toEqual([
    ['tool', 1],
    ['other', 1],
  ]);
});

test('what each filter kept back is counted by rule', () => {
  const sums = new Map<string, number>();
  const add = (name: string, by: number, labels: Record<string, string>): void => {
    if (name === 'wardline.filters.hidden') sums.set(JSON.stringify(labels), (sums.get(JSON.stringify(labels)) ?? 0) + by);
  };
  createMeters({ add, record() {} } as unknown as Parameters<typeof createMeters>[0]).ingested(
    's',
    records,
    ingest(records, createNormalizer({}), createLateness(0n)),
  );
  expect([...sums]).toEqual([
    ['{"filter":"admins","rule":"tool"}', 2],
    ['{"filter":"servers","rule":"tool"}', 1],
    ['{"filter":"servers","rule":"other"}', 1],
  ]);
});
