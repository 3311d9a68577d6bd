import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/decode/decode.ts';
import { createByteMatcher } from '../../src/detect/bytes/byte-matcher.ts';
import { createMatchBuffer, createMatcher } from '../../src/detect/matcher.ts';
import type { Event } from '../../src/event/event.ts';
import { createNormalizer, type Decisions, type NormalizerSettings } from '../../src/normalize/normalizer.ts';
import { createRouteTable } from '../../src/normalize/routes.ts';
import { readRuleFiles } from '../../src/rule/files.ts';
import { loadRules } from '../../src/rule/load.ts';
import { eventsOf } from '../support/an-event.ts';

const data = resolve(import.meta.dirname, '../../../shared/data/sigma');
const here = existsSync(data);
if (!here) console.log('tests on the public Sigma rules are skipped: the shared data set is not here');

const textLines = (bytes: Buffer): string[] =>
  bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
const read = (name: string): string[] =>
  textLines(name.endsWith('.gz') ? gunzipSync(readFileSync(join(data, name))) : readFileSync(join(data, name)));

describe.skipIf(!here)('the public Sigma rules', () => {
  const { ruleset, problems } = here ? loadRules(readRuleFiles([join(data, 'sigmahq')])) : { ruleset: { detections: [] }, problems: [] };
  const matcher = createMatcher(ruleset.detections);
  const routes = createRouteTable();
  const buffer = createMatchBuffer();
  const byteMatcher = createByteMatcher(ruleset.detections, DEFAULT_LIMITS);
  const found = (): string[] => [...buffer.rules.subarray(0, buffer.count)].map((rule) => matcher.detections[rule]?.id ?? '');
  const rulesOf = (event: Event): string[] => {
    buffer.count = 0;
    matcher.match(event, buffer);
    return found();
  };
  const decidedOn = { bytes: 0, documents: 0 };
  /** What the product finds for a line: on its bytes, or where they do not say, on the documents. Both must agree. */
  const rulesOfLine = (text: string, settings: NormalizerSettings): string[] => {
    const objects = eventsOf(text, settings, routes).flatMap(rulesOf).sort();
    buffer.count = 0;
    const decided = byteMatcher.match(Buffer.from(text), decisionsOf(settings), buffer) !== undefined;
    decidedOn[decided ? 'bytes' : 'documents']++;
    if (decided) expect(found().sort()).toEqual(objects);
    return objects;
  };
  const decisions = new Map<string, Decisions>();
  const decisionsOf = (settings: NormalizerSettings): Decisions => {
    const key = JSON.stringify(settings);
    let known = decisions.get(key);
    if (known === undefined) decisions.set(key, (known = createNormalizer(settings, routes).decisions));
    return known;
  };

  /** Labels that are not found, and findings of labelled rules that are no label. */
  const compare = (labelFile: string, found: readonly (readonly string[])[]): { missed: string[]; extra: string[] } => {
    const labels = new Set(read(labelFile));
    const labelled = new Set([...labels].map((label) => label.split('\t')[1]));
    const got = new Set(found.flatMap((ids, i) => ids.filter((id) => labelled.has(id)).map((id) => `${i + 1}\t${id}`)));
    return { missed: [...labels].filter((label) => !got.has(label)), extra: [...got].filter((label) => !labels.has(label)) };
  };

  test('all load but those with placeholders, and nothing else is reported as an error', () => {
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors.every(({ code }) => code === 'sigma/placeholder')).toBe(true);
    expect(new Set(errors.map(({ place }) => place.file)).size).toBe(25);
    expect(ruleset.detections).toHaveLength(3755);
  });

  test('find every label of 88,150 Windows events and nothing else', () => {
    expect(
      compare(
        'windows-events.matches.tsv',
        read('windows-events.ndjson.gz').map((line) => rulesOfLine(line, {})),
      ),
    ).toEqual({ missed: [], extra: [] });
    // Lines without a channel are left to the decoder, which knows their formats.
    expect(decidedOn.bytes).toBeGreaterThan(87_000);
  });

  test('find every label of the cloud events and nothing else', () => {
    const events = read('cloud-events.ndjson').map((line) => {
      const { logsource, event } = JSON.parse(line) as { logsource: object; event: object };
      return rulesOfLine(JSON.stringify(event), { logsource });
    });
    expect(compare('cloud-events.matches.tsv', events)).toEqual({ missed: [], extra: [] });
  });

  test('decide every regression case right, from the flat and from the original form', () => {
    type Case = { ruleId: string; expected: boolean; logsource: { product?: string }; event: object; raw: object | string };
    const wrong = read('regression.ndjson').flatMap((line) => {
      const { ruleId, expected, logsource, event, raw } = JSON.parse(line) as Case;
      const settings = logsource.product === 'windows' ? {} : { logsource };
      const forms = { event: JSON.stringify(event), raw: typeof raw === 'string' ? raw : JSON.stringify(raw) };
      return Object.entries(forms)
        .filter(([, text]) => rulesOfLine(text, settings).includes(ruleId) !== expected)
        .map(([form]) => `${ruleId} from ${form}`);
    });
    expect(wrong).toEqual([]);
  });
});
