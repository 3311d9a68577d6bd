import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildReport, type Report } from '../../src/report/compliance.ts';
import { renderAssessmentPlan, renderAssessmentResults, renderPoam } from '../../src/report/oscal/documents.ts';
import { uuidOf } from '../../src/report/oscal/identity.ts';
import { isObject, type JsonObject, type JsonValue } from '../../src/shared/json.ts';
import { aBusyLedger, HOSTILE } from '../report/scene.ts';
import { aPack, aProfile, aQuietLog, aRule, PACK_DOCUMENT, walk } from '../report/world.ts';

const root = resolve(import.meta.dirname, '../..');
const data = resolve(root, '../shared/data/compliance');
const schemas = join(data, 'oscal-schemas-1.2.1');
const present = existsSync(schemas);
if (!present) console.log(`skipped: OSCAL documents against their schemas, because ${schemas} is not there`);

const folder = mkdtempSync(join(tmpdir(), 'wardline-oscal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Errors per file, by the schemas of the release. */
function validate(...files: string[]): Record<string, string[]> {
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/validate-oscal.ts'), schemas, ...files], {
    encoding: 'utf8',
    cwd: root,
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { file: string; errors: string[] });
  if (lines.length !== files.length) throw new Error(stderr);
  return Object.fromEntries(lines.map(({ file, errors }) => [file, errors]));
}

const hostile = { ...aProfile('okta', HOSTILE, 'never-seen'), organization: `  ${HOSTILE}\n`, system: HOSTILE };
const overlay = (objective: string, kind: 'waiver' | 'not-applicable') => ({
  id: `ov-${objective}`,
  objective,
  kind,
  owner: 'a',
  approver: 'b',
  reason: 'r',
  ticket: 'T-1',
  from: '2026-01-01T00:00:00Z',
  until: '2026-12-31T00:00:00Z',
});
const REPORTS: Readonly<Record<string, Report>> = {
  busy: buildReport(aBusyLedger(), aPack(), { profile: hostile }),
  overlaid: buildReport(aBusyLedger(), aPack(), {
    profile: { ...hostile, overlays: [overlay('t-1_obj.a', 'waiver'), overlay('t-1_obj.c', 'not-applicable')] },
  }),
  quiet: buildReport(walk({ logs: [aQuietLog('s', 3)], rules: [aRule('r1'), aRule('r2')] }), aPack(), { profile: aProfile('s') }),
  bare: buildReport(
    aBusyLedger(),
    aPack({
      ...PACK_DOCUMENT,
      measures: PACK_DOCUMENT.measures.slice(0, 2),
      maps: [],
      controls: { 't-1': { title: 'T', objectives: { 't-1_obj': { all: ['presence'], strength: 'strong' } } } },
    }),
  ),
};

const documents = Object.entries(REPORTS).flatMap(([name, report]) =>
  [renderAssessmentPlan, renderAssessmentResults, renderPoam].flatMap((render) => {
    const text = render(report);
    if (text === undefined) return [];
    const file = join(folder, `${name}-${render.name}.json`);
    writeFileSync(file, text);
    return [{ file, text }];
  }),
);

describe.skipIf(!present)('OSCAL documents', () => {
  test('have no error by the schemas of the release', () => {
    const found = validate(...documents.map(({ file }) => file));
    expect(Object.values(found).flat()).toEqual([]);
    expect(documents.length).toBeGreaterThanOrEqual(10);
  });

  test('are checked by a validator that takes the published examples and finds the known blank titles', () => {
    const examples = readdirSync(join(data, 'oscal-examples'))
      .filter((name) => name !== 'example-component.json')
      .map((name) => join(data, 'oscal-examples', name));
    const templates = ['SAP', 'SAR'].map((name) => join(data, 'fedramp-templates', `FedRAMP-${name}-OSCAL-Template.json`));
    const found = validate(...examples, ...templates);
    for (const file of examples) expect(found[file], file).toEqual([]);
    for (const file of templates) expect(found[file]?.length, file).toBe(1);
  });
});

function* objects(value: JsonValue): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value) yield* objects(item as JsonValue);
  else if (isObject(value)) {
    yield value;
    for (const member of Object.values(value)) yield* objects(member);
  }
}

test.each(documents.map(({ file, text }) => [file.split('/').at(-1), text]))(
  '%s: UUIDs are unique, references resolve, props do not repeat',
  (_, text) => {
    const all = [...objects(JSON.parse(text ?? '') as JsonValue)];
    const uuids = all.flatMap((object) => (typeof object['uuid'] === 'string' ? [object['uuid']] : []));
    expect(new Set(uuids).size).toBe(uuids.length);
    const known = new Set(uuids);
    for (const object of all) {
      for (const [key, value] of Object.entries(object)) {
        if (/-uuid$/.test(key)) expect(known.has(String(value)), `${key} ${String(value)}`).toBe(true);
        if (key === 'party-uuids') for (const party of value as string[]) expect(known.has(party)).toBe(true);
        if (key === 'href' && String(value).startsWith('#')) expect(known.has(String(value).slice(1))).toBe(true);
        if (Array.isArray(value)) expect(value.length, key).toBeGreaterThan(0);
      }
      const props = (object['props'] ?? []) as JsonObject[];
      const names = props.map((item) => JSON.stringify([item['ns'], item['name'], item['class']]));
      expect(new Set(names).size).toBe(names.length);
    }
  },
);

test('the plan is imported by the digest of its bytes', () => {
  const report = REPORTS['busy'] as Report;
  const hash = createHash('sha256').update(renderAssessmentPlan(report)).digest('hex');
  expect(renderAssessmentResults(report)).toContain(hash);
});

test('results and plan of action speak of the same risks and observations', () => {
  const report = REPORTS['busy'] as Report;
  const uuidsOf = (text: string, list: string): string[] => {
    const [lists] = [...objects(JSON.parse(text) as JsonValue)].flatMap((object) =>
      Array.isArray(object[list]) ? [object[list] as readonly JsonObject[]] : [],
    );
    return (lists ?? []).map((item) => String(item['uuid']));
  };
  const [results, poam] = [renderAssessmentResults(report), renderPoam(report) ?? ''];
  expect(uuidsOf(poam, 'risks')).toEqual(uuidsOf(results, 'risks'));
  expect(uuidsOf(results, 'observations')).toEqual(expect.arrayContaining(uuidsOf(poam, 'observations')));
  expect(uuidsOf(poam, 'poam-items').length).toBe(report.counts['not-satisfied']);
});

test('no open item, no plan of action: OSCAL cannot say nothing', () => {
  const report = REPORTS['quiet'] as Report;
  expect(
    renderPoam({
      ...report,
      controls: report.controls.map((c) => ({ ...c, objectives: c.objectives.filter(({ status }) => status !== 'not-satisfied') })),
    }),
  ).toBeUndefined();
});

test('only satisfied becomes satisfied', () => {
  for (const report of Object.values(REPORTS)) {
    const states = [...objects(JSON.parse(renderAssessmentResults(report)) as JsonValue)].flatMap((object) =>
      isObject(object['target'] as JsonValue) ? [object['target'] as { status: { state: string }; 'target-id': string }] : [],
    );
    const satisfied = states.filter(({ status }) => status.state === 'satisfied').map((target) => target['target-id']);
    const expected = report.controls.flatMap(({ objectives }) =>
      objectives.filter(({ status }) => status === 'satisfied').map(({ id }) => id),
    );
    expect(satisfied).toEqual(expected);
  }
});

test('version 5 UUIDs are the ones of the standard', () => {
  // RFC 9562, appendix A.4.
  expect(uuidOf('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
});
