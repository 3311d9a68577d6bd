import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labelFor } from '../../src/detect/routing.ts';
import type { Logsource } from '../../src/event/event.ts';
import { possibleLogsources } from '../../src/normalize/logsources.ts';
import { readRuleFiles } from '../../src/rule/files.ts';
import { loadRules } from '../../src/rule/load.ts';
import { eventsOf } from '../support/an-event.ts';

const folder = resolve(import.meta.dirname, '../../../shared/data/sigma/sigmahq');
const here = existsSync(folder);
if (!here) console.log('the log sources of the public Sigma rules are not checked: the shared data set is not here');

const cases = JSON.parse(readFileSync(new URL('../golden/normalize/logsources.json', import.meta.url), 'utf8')) as {
  readonly line: string;
}[];
const textOf = ({ product = '*', category = '*', service = '*' }: Logsource): string => `${product}/${category}/${service}`;

/** Log sources that no format gives: reports of a scanner, and files of an appliance. A source of the settings may name them. */
const WITHOUT = new Set(['fortios/*/sslvpnd', 'qualys/*/*']);

describe.skipIf(!here)('the log sources of the public Sigma rules', () => {
  const { detections } = here ? loadRules(readRuleFiles([folder])).ruleset : { detections: [] };
  const wanted = new Map(detections.flatMap(({ logsource }) => (logsource === undefined ? [] : [[textOf(logsource), logsource] as const])));
  const route = (line: string) => eventsOf(line)[0]?.route;

  test('each has a row in the table', () => {
    const labels = possibleLogsources({});
    const gives = (one: Logsource) =>
      labelFor(one, { id: 0, format: '', labels, known: new Map(), source: () => ({ kind: 'constant', value: '' }) });
    expect(new Set([...wanted].filter(([, one]) => gives(one) === null).map(([text]) => text))).toEqual(WITHOUT);
  });

  test('each but those of Windows is reached by an event written for it', () => {
    const routes = cases.map(({ line }) => route(line));
    const missing = [...wanted].filter(([, one]) => one.product !== 'windows' && !routes.some((each) => each && labelFor(one, each)));
    expect(new Set(missing.map(([text]) => text))).toEqual(WITHOUT);
  });

  test.each(cases)('a public rule is routed to $line', ({ line }) => {
    const each = route(line);
    expect(detections.some(({ logsource }) => logsource !== undefined && each !== undefined && labelFor(logsource, each))).toBe(true);
  });
});
