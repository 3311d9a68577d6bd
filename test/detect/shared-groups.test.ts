import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/decode/decode.ts';
import { createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { createGroups, createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { evaluate } from '../../src/detect/reference.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import { aDetection } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';

const windows = { logsource: { product: 'windows', service: 'security' } };
const rules = [
  { Channel: 'SECURITY' },
  { 'Channel|cased': 'Security' },
  { 'Channel|cased': 'security' },
  { 'Channel|re': '^Sec' },
  { 'Channel|re|i': '^sec' },
  { 'Channel|cased|contains': 'S' },
  { EventID: 4624, User: 'ada' },
  { 'Channel|fieldref|cased': 'Other' },
].map((selection, i) => ({ ...aDetection({ s: selection, condition: 's' }, windows), id: `r${i}` }));

const documents = ['Security', 'security', 'SECURITY'].flatMap((Channel) =>
  [4624, 4625].map((EventID) => ({ Channel, EventID, User: 'ada', Other: 'Security' })),
);

describe('routes that differ by letter case alone', () => {
  test('share what is compiled of the rules', () => {
    const routes = createRouteTable();
    const [a, b, c, d] = documents.map((document) => anEvent(document, {}, routes).route);
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('no route');
    const groupOf = createGroups(rules);
    expect(a).not.toBe(c);
    expect(groupOf(c)).toBe(groupOf(a));
    expect(groupOf(d)).toBe(groupOf(b));
    expect(groupOf(b)).not.toBe(groupOf(a));
  });

  test('are told apart by rules that heed letter case, whichever comes first', () => {
    for (const order of [documents, documents.toReversed()]) {
      const matcher = createMatcher(rules);
      const bytes = createByteMatcher(rules, DEFAULT_LIMITS);
      const { decisions } = createNormalizer({});
      const found = createMatchBuffer();
      const ids = (): readonly string[] => [...found.rules.subarray(0, found.count)].map((rule) => rules[rule]?.id ?? '').sort();
      for (const document of order) {
        const event = anEvent(document);
        const wanted = rules.filter(({ expr }) => evaluate(expr, event)).map(({ id }) => id);
        expect(wanted).toContain(document.Channel === 'Security' ? 'r1' : 'r0');
        found.count = 0;
        matcher.match(event, found);
        expect(ids()).toEqual(wanted);
        found.count = 0;
        expect(bytes.match(Buffer.from(JSON.stringify(document)), decisions, found)).toBeDefined();
        expect(ids()).toEqual(wanted);
      }
    }
  });
});
