import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { type LogsourceMapping, withLogsources } from '../../src/normalize/custom-logsources.ts';
import { formats } from '../../src/normalize/index.ts';
import { possibleLogsources } from '../../src/normalize/logsources.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';
import { aRecord } from '../support/an-event.ts';

const rule = (logsource: string) =>
  loadRules([
    { path: 'r.yml', text: `title: r\nid: r\nlogsource: ${logsource}\ndetection: {s: {Image|endswith: '\\whoami.exe'}, condition: s}\n` },
  ]).ruleset.detections;

/** Does the rule hold for the event? Decided on documents and on bytes; both must say the same. */
function holds(mappings: readonly LogsourceMapping[], logsource: string, event: object): boolean {
  const detections = rule(logsource);
  const normalizer = createNormalizer({ mappings });
  const record = aRecord(JSON.stringify(event));
  const found = createMatchBuffer();
  for (const decoded of decode(record, DEFAULT_LIMITS).documents)
    createMatcher(detections).match(normalizer.normalize(record, decoded), found);
  const onDocuments = found.count > 0;
  found.count = 0;
  const route = createByteMatcher(detections, DEFAULT_LIMITS).match(record.bytes as Uint8Array, normalizer.decisions, found);
  if (route !== undefined) expect(found.count > 0).toBe(onDocuments);
  return onDocuments;
}

const edr: LogsourceMapping = {
  when: { Channel: 'Vendor-EDR/Operational', EventID: [1, 2] },
  logsource: { product: 'windows', category: 'Process_Creation' },
  aliases: { Image: 'ProcessPath' },
};
const event = { Channel: 'vendor-edr/operational', EventID: 2, ProcessPath: 'C:\\WHOAMI.EXE' };
const creation = '{product: windows, category: process_creation}';

describe('log sources that settings add', () => {
  test('give events of a channel of their own to the rules of a category, with the names its rules use', () => {
    expect(holds([], creation, event)).toBe(false);
    expect(holds([edr], creation, event)).toBe(true);
    expect(holds([edr], creation, { ...event, EventID: '1' })).toBe(true);
    expect(holds([edr], creation, { ...event, EventID: 3 })).toBe(false);
    expect(holds([edr], creation, { ...event, Channel: 'Security' })).toBe(false);
  });

  test('are besides those that the format gives', () => {
    const sysmon = { Channel: 'Microsoft-Windows-Sysmon/Operational', EventID: 1, Image: 'C:\\whoami.exe' };
    const added: LogsourceMapping = { when: { EventID: 1 }, logsource: { product: 'acme', service: 'all' }, aliases: {} };
    expect(holds([added], creation, sysmon)).toBe(true);
    expect(holds([added], '{product: acme}', sysmon)).toBe(true);
  });

  test('hold for one format alone if they name it, and for JSON that has no log source', () => {
    const agent = { kind: 'agent', Image: '\\whoami.exe' };
    const mapping: LogsourceMapping = { when: { kind: 'AGENT' }, logsource: { product: 'macos' }, aliases: {} };
    expect(holds([mapping], '{product: macos}', agent)).toBe(true);
    expect(holds([{ ...mapping, format: 'ecs' }], '{product: macos}', agent)).toBe(false);
  });

  test('make no more routes than lines, whatever values events bring', () => {
    const normalizer = createNormalizer({ mappings: [{ ...edr, when: { 'user.name': 'x' } }] });
    const ids = new Set(
      Array.from({ length: 100 }, (_, i) => {
        const record = aRecord(JSON.stringify({ user: { name: i === 7 ? 'X' : `u${i}` } }));
        return normalizer.normalize(record, decode(record, DEFAULT_LIMITS).documents[0] as never).route.id;
      }),
    );
    expect(ids.size).toBe(2);
  });

  test.each([
    ['{when: {}, logsource: {product: a}}', 'logsources[0].when: name at least one field and its value'],
    ['{when: {Channel: x}, logsource: {}}', 'logsources[0].logsource: give category, product or service'],
    ['{format: windoze, when: {Channel: x}, logsource: {product: a}}', 'logsources[0].format'],
  ])('%s is refused with its place', (line, wanted) => {
    const { problems } = parseSettings({ path: 'w.yaml', text: `sources: [{kind: stdin, name: a}]\nlogsources: [${line}]\n` }, {});
    expect(problems.map(problemText).join('\n')).toContain(wanted);
    expect(problems[0]?.place.line).toBe(2);
  });

  test('are known to the check that a rule can fire', () => {
    const known = withLogsources(formats, [{ ...edr, logsource: { product: 'acme' } }]);
    expect(possibleLogsources({}, known)).toContainEqual({ product: 'acme', aliases: { Image: 'ProcessPath' } });
    expect(possibleLogsources({}).some(({ product }) => product === 'acme')).toBe(false);
  });
});
