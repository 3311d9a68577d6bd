import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import type { Settings } from '../../src/config/settings.ts';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import { covers } from '../../src/detect/routing.ts';
import type { Logsource } from '../../src/event/event.ts';
import { type LogsourceTable, possibleLogsources, suppliesOf } from '../../src/normalize/logsources.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import { sourcesOf } from '../../src/pipeline/sources-of.ts';
import { loadRules } from '../../src/rule/load.ts';
import { eventsOf } from '../support/an-event.ts';

type Case = { readonly logsource: Logsource; readonly line: string; readonly detection: object };
const cases = JSON.parse(readFileSync(new URL('../golden/normalize/logsources.json', import.meta.url), 'utf8')) as Case[];

const rulesetOf = (logsource: Logsource, detection: object) =>
  loadRules([{ path: 'r.yml', text: JSON.stringify({ title: 'r', id: 'r', logsource, detection: { s: detection, condition: 's' } }) }])
    .ruleset;

function count(line: string, logsource: Logsource, detection: object, unknown: 'none' | 'all' = 'none'): number {
  const found = createMatchBuffer();
  const matcher = createMatcher(rulesetOf(logsource, detection).detections);
  for (const event of eventsOf(line, {}, createRouteTable({ unknown }))) matcher.match(event, found);
  return found.count;
}

describe('the table of log sources', () => {
  test.each(cases)('$logsource: $line', ({ logsource, line, detection }) => {
    expect(count(line, logsource, detection)).toBe(1);
    expect(possibleLogsources({}).some((label) => covers(logsource, label))).toBe(true);
    const [event] = eventsOf(line);
    expect(possibleLogsources({ format: event?.route.format }).some((label) => covers(logsource, label))).toBe(true);
    for (const other of [{ product: 'abacus' }, { ...logsource, service: 'abacus' }]) expect(count(line, other, detection)).toBe(0);
  });

  test('text that a line quotes does not take it away from its own log source', () => {
    for (const code of ['%SYS-5-CONFIG_I: x', '%ASA-6-302013: x', '%%01BGP/3/BGP_AUTH_FAILED(l):x']) {
      const line = `Nov 20 08:00:00 host1 sshd[5]: Failed password for invalid user ${code} from 198.51.100.9 port 22 ssh2`;
      expect(count(line, { product: 'linux', service: 'sshd' }, ['Failed password'])).toBe(1);
    }
  });

  test.each([
    [{ name: 'es_process_events', action: 'removed', columns: { event_type: 'exec', path: '/x', cmdline: 'x' } }, 'a row that went'],
    [{ name: 'es_process_events', action: 'added', columns: { event_type: 'exit', path: '/x', cmdline: 'x' } }, 'the end of a process'],
    [{ name: 'processes', action: 'added', columns: { path: '/x', cmdline: 'x', signing_id: 'x' } }, 'a process that was there'],
    [{ name: 'files', action: 'added', columns: { target_path: '/Library/x', action: 'DELETED' } }, 'a file that went'],
    [{ name: 'process_events', action: 'added', columns: { path: '/usr/bin/x', cmdline: 'x' } }, 'no platform'],
    [
      { name: 'process_events', action: 'added', decorations: { platform: 'windows' }, columns: { path: 'x', cmdline: 'x' } },
      'another platform',
    ],
  ])('rows of osquery that are no event of a system: %j (%s)', (row: object, _what: string) => {
    const [event] = eventsOf(JSON.stringify({ hostIdentifier: 'h', unixTime: 1, ...row }));
    expect(event?.route.labels).toEqual([{ product: 'osquery', service: 'osquery' }]);
  });
});

describe('logsource.unknown', () => {
  const read = (text: string) => parseSettings({ path: 'w.yaml', text: `sources: [{name: s, kind: stdin${text}` }, {});
  const settings = (text: string) => read(text).settings as Settings;
  const creation = { product: 'windows', category: 'process_creation' };

  test('none, the default: events without a log source are for rules without one', () => {
    expect(count('{"Image":"x"}', creation, { Image: 'x' })).toBe(0);
  });

  test('all: they are for every rule; events with a log source are for its rules as before', () => {
    expect(count('{"Image":"x"}', creation, { Image: 'x' }, 'all')).toBe(1);
    expect(count('a line of text', creation, ['line of'], 'all')).toBe(1);
    const cloud = cases.find(({ logsource }) => logsource.service === 'cloudtrail') as Case;
    expect(count(cloud.line, creation, cloud.detection, 'all')).toBe(0);
    expect(count(cloud.line, cloud.logsource, cloud.detection, 'all')).toBe(1);
  });

  test('all: sources of such events feed every rule, the others their own', () => {
    const every = (text: string) => suppliesOf(settings(text) as LogsourceTable)[0]?.every;
    expect(every('}]\nlogsource: {unknown: all}')).toBe(true);
    expect(every(', format: json}]\nlogsource: {unknown: all}')).toBe(true);
    expect(every(', format: okta.system}]\nlogsource: {unknown: all}')).toBe(false);
    expect(every(', logsource: {product: okta}}]\nlogsource: {unknown: all}')).toBe(false);
    expect(every('}]')).toBe(false);
    const { byId } = rulesetOf({ product: 'abacus' }, { a: 1 });
    const fed = (text: string) => [...sourcesOf(byId, settings(text)).values()].flatMap((names) => [...names]);
    expect(fed(', format: json}]')).toEqual([]);
    expect(fed(', format: json}]\nlogsource: {unknown: all}')).toEqual(['s']);
    expect(fed(', format: json}]\nlogsources: [{when: {a: 1}, logsource: {product: abacus}}]')).toEqual(['s']);
  });

  test('another value is a problem with its place', () => {
    const [problem] = read('}]\nlogsource: {unknown: some}').problems;
    expect(problem).toMatchObject({ place: { line: 2 }, path: ['logsource', 'unknown'] });
  });
});
