import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildReport } from '../../src/report/compliance.ts';
import { loadControlPack, loadProfile } from '../../src/report/load-pack.ts';
import { problemText } from '../../src/rule/problem.ts';
import { aBusyLedger } from '../report/scene.ts';
import { aQuietLog, aRule, walk } from '../report/world.ts';

const folder = resolve(import.meta.dirname, '../../rules/controls');
const packs = readdirSync(folder)
  .filter((name) => name.endsWith('.yml'))
  .map((name) => ({ name, file: { path: `rules/controls/${name}`, text: readFileSync(join(folder, name), 'utf8') } }));

const sibling = (name: string) => packs.find((pack) => pack.name === name)?.file;
const load = (name: string) => loadControlPack(packs.find((pack) => pack.name === name)?.file as never, undefined, sibling).value;

const data = resolve(import.meta.dirname, '../../../shared/data/compliance/derived');
const present = existsSync(data);
if (!present) console.log(`skipped: packs against the catalogs, because ${data} is not there`);
const index = (name: string): never => JSON.parse(readFileSync(join(data, name), 'utf8')) as never;

describe.each(packs)('$name', ({ file }) => {
  const { value: pack, problems } = loadControlPack(file, undefined, sibling);

  test('has no problem', () => {
    expect(problems.map(problemText)).toEqual([]);
  });

  test('says nothing is more than degraded while nobody declared which sources must report', () => {
    if (pack === undefined) return;
    const entries = walk({ logs: [aQuietLog('s', 24)], rules: [aRule('r1')] });
    const report = buildReport(entries, pack);
    expect(report.counts.satisfied).toBe(0);
    expect(report.scope.covered).toBe(Object.values(pack.controls).flatMap(({ objectives }) => Object.keys(objectives)).length);
  });

  test('has something to say about a ledger in which everything happened', () => {
    if (pack === undefined) return;
    const report = buildReport(aBusyLedger(), pack);
    for (const { objectives } of report.controls) {
      for (const { status, reasons } of objectives) expect(status === 'satisfied' || reasons.length > 0).toBe(true);
    }
  });
});

describe.skipIf(!present)('names and numbers of the catalogs', () => {
  test('NIST SP 800-53: every objective is one of the Moderate baseline, and the totals are those of the baseline', () => {
    const { controls } = index('control-index.json') as {
      controls: Record<string, { title: string; baselines: { moderate: boolean }; objectives: { id: string }[]; params: object }>;
    };
    const moderate = Object.entries(controls).filter(([, { baselines }]) => baselines.moderate);
    const pack = load('nist-800-53-core.yml');
    for (const [id, control] of Object.entries(pack?.controls ?? {})) {
      const known = moderate.find(([name]) => name === id)?.[1];
      expect(known?.title, id).toBe(control.title);
      for (const objective of Object.keys(control.objectives))
        expect(
          known?.objectives.map((o) => o.id),
          objective,
        ).toContain(objective);
    }
    expect(pack?.scope).toMatchObject({
      controls: moderate.length,
      objectives: moderate.flatMap(([, { objectives }]) => objectives).length,
    });
    const params = new Set(Object.values(controls).flatMap((control) => Object.keys(control.params)));
    for (const name of Object.keys(pack?.parameters ?? {})) expect(params.has(name), name).toBe(true);
  });

  test.each(['low', 'moderate', 'high'])(
    'NIST SP 800-53 %s: the whole baseline is listed, and every objective is one of its control',
    (level) => {
      const { controls } = index('control-index.json') as {
        controls: Record<string, { title: string; baselines: Record<string, boolean>; objectives: { id: string }[] }>;
      };
      const whole = Object.entries(controls).filter(([, { baselines }]) => baselines[level]);
      const pack = load(`nist-800-53-${level}.yml`);
      expect(pack?.baseline).toEqual(Object.fromEntries(whole.map(([id, { title }]) => [id, title])));
      expect(pack?.scope.objectives).toBe(whole.flatMap(([, { objectives }]) => objectives).length);
      for (const [id, control] of Object.entries(pack?.controls ?? {})) {
        expect(controls[id]?.title).toBe(control.title);
        for (const objective of Object.keys(control.objectives)) expect(controls[id]?.objectives.map((o) => o.id)).toContain(objective);
      }
    },
  );

  test('FedRAMP: indicators and their number', () => {
    const { ksi } = index('fedramp-cr26-index.json') as { ksi: { id: string; name: string }[] };
    const pack = load('fedramp-ksi-mla.yml');
    for (const [id, control] of Object.entries(pack?.controls ?? {}))
      expect(ksi.find((k) => k.id.toLowerCase() === id)?.name).toBe(control.title);
    expect(pack?.scope.objectives).toBe(ksi.length);
    expect(pack?.baseline).toEqual(Object.fromEntries(ksi.map(({ id, name }) => [id.toLowerCase(), name])));
    for (const { value } of packs.map((one) => loadControlPack(one.file, undefined, sibling))) {
      for (const map of value?.maps.filter(({ framework }) => framework === 'fedramp-cr26') ?? [])
        expect(ksi.find(({ id }) => id === map.id)?.name).toBe(map.title);
    }
  });

  test('ZTMM: functions and their number', () => {
    const { functions } = index('ztmm-functions.json') as { functions: { id: string; pillar: string; name: string }[] };
    const pack = load('cisa-ztmm-visibility.yml');
    for (const [id, control] of Object.entries(pack?.controls ?? {})) {
      const known = functions.find((f) => f.id.toLowerCase() === id);
      expect(`${known?.pillar}: ${known?.name}`).toBe(control.title);
    }
    expect(pack?.scope.objectives).toBe(functions.length * (pack?.stages?.length ?? 0));
    expect(pack?.baseline).toEqual(Object.fromEntries(functions.map(({ id, pillar, name }) => [id.toLowerCase(), `${pillar}: ${name}`])));
  });
});

describe('a pack that extends another', () => {
  const upper = (text: string) =>
    loadControlPack({ path: 'u.yml', text: `kind: ControlPack\nschema: 1\nid: u\nversion: 1.0.0\ntitle: U\n${text}` }, undefined, sibling);
  const scope = (n: number): string => `scope: {title: t, objectives: 9, controls: ${n}}\n`;

  test('is the lower one with its own keys on top, without controls outside its own whole', () => {
    const { value, problems } = upper(`extends: nist-800-53-core.yml\n${scope(2)}baseline: {ac-7: A, ac-1: B}\n`);
    expect(problems.map(problemText)).toEqual([]);
    expect(Object.keys(value?.controls ?? {})).toEqual(['ac-7']);
    expect(value?.measures.length).toBe(load('nist-800-53-core.yml')?.measures.length);
    const report = buildReport(aBusyLedger(), value as never);
    expect(report.controls.map(({ id, worst }) => [id, worst])).toEqual([
      ['ac-1', 'not-assessed'],
      ['ac-7', 'not-assessed'],
    ]);
    expect(report.scope.controls).toEqual({ total: 2, covered: 1 });
  });

  test.each([
    [
      'a file that is not there',
      `extends: none.yml\n${scope(1)}`,
      /^u\.yml:6:10: error pack\/extends extends: there is no pack file "none\.yml"/,
    ],
    ['itself', `extends: u.yml\n${scope(1)}`, /pack\/extends extends: a pack cannot extend itself/],
    ['one that extends another', `extends: nist-800-53-low.yml\n${scope(1)}`, /a pack that is extended cannot extend another one itself/],
    ['a path', `extends: ../x.yml\n${scope(1)}`, /pack\/extends extends: extends takes the name of a pack file in the same folder/],
    ['a pack with a whole of its own', `extends: fedramp-ksi-mla.yml\n${scope(1)}`, /lists a whole of its own/],
    [
      "a number that is not the list's",
      `extends: nist-800-53-core.yml\n${scope(3)}baseline: {ac-7: A}\n`,
      /pack\/baseline .*says 3 controls, the baseline lists 1/,
    ],
    [
      'a control outside the whole',
      `extends: nist-800-53-core.yml\n${scope(1)}baseline: {ac-7: A}\ncontrols: {ac-9: {title: x, objectives: {ac-9_obj: {strength: manual-only}}}}\n`,
      /^u\.yml:9:18: error pack\/baseline .*"ac-9" is not in the baseline/m,
    ],
    [
      'more objectives than its whole has',
      `extends: nist-800-53-core.yml\nscope: {title: t, objectives: 1, controls: 1}\nbaseline: {ac-7: A}\n`,
      /^u\.yml:7:31: error pack\/baseline .*says 1 objectives, the pack has 2/m,
    ],
    [
      'a stage without objective',
      `extends: nist-800-53-core.yml\n${scope(1)}stages: [one, two]\n`,
      /pack\/stage stages: no objective ends in "\.one"/,
    ],
    [
      'a wrong measure of its own',
      `extends: nist-800-53-core.yml\n${scope(1)}measures:\n  - {id: x, kind: presence, source: al}\n`,
      /^u\.yml:9:5: error pack\/source measures\[0\]/m,
    ],
  ])('with %s is refused at its place', (_, text, message) => {
    const { value, problems } = upper(text);
    expect(value).toBeUndefined();
    expect(problems.map(problemText).join('\n')).toMatch(message);
  });
});

const core = packs.find(({ name }) => name === 'nist-800-53-core.yml')?.file.text ?? '';
describe('problems of a pack have a place', () => {
  test.each([
    [
      'an unknown source',
      core.replace('kind: presence, source: all', 'kind: presence, source: al'),
      /^p\.yml:\d+:\d+: error pack\/source measures\[0\]: no source "al" in this pack; did you mean "all"\?$/,
    ],
    [
      'an unknown measure',
      core.replace('[au2.presence, au2.continuity]', '[au2.presense, au2.continuity]'),
      /pack\/measure controls\.au-2\.objectives\.au-2_obj\.c-2: .*did you mean "au2\.presence"/,
    ],
    [
      'a parameter without value',
      core.replace('within: $au-05_odp.02', 'within: $au-05_odp.09'),
      /pack\/parameter measures\[5\]\.within: no parameter "au-05_odp\.09"/,
    ],
    ['an unknown key', core.replace('heartbeat: 1h', 'heart_beat: 1h'), /pack\/shape .*unknown key "heart_beat"/],
    [
      'a heartbeat below the grain of the ledger',
      core.replace('heartbeat: 1h', 'heartbeat: 30s'),
      /pack\/shape sources\[0\]\.heartbeat: at least 1m/,
    ],
    ['an objective of another control', core.replace('au-5_obj.b: {', 'au-6_obj.b: {'), /pack\/objective/],
    [
      'a validity shorter than the frequency',
      core.replace(/strength: partial\b/, 'strength: partial, frequency: 7d, valid_for: 1d'),
      /pack\/frequency/,
    ],
    [
      'a measure over no source',
      core.replace(/needs: \{ ?sources: \[all\], /, 'needs: {'),
      /pack\/denominator measures\[4\]: over which sources\?/,
    ],
    [
      'a selection that names nothing',
      core.replace(/rules: \{ ?every: true ?\}/, 'rules: {}'),
      /exactly one of ids, controls, levels, every/,
    ],
    ['two documents', `${core}\n---\n${core}`, /pack\/documents: expected one document, found 2/],
    ['no YAML', 'kind: [', /^p\.yml:1:\d+: error yaml\//],
  ])('%s', (_, text, message) => {
    const { value, problems } = loadControlPack({ path: 'p.yml', text });
    expect(value).toBeUndefined();
    expect(problems.map(problemText).join('\n')).toMatch(new RegExp(message.source, 'm'));
  });
});

describe('a profile', () => {
  const overlay = (changes: string): string =>
    `overlays:\n  - {id: o, objective: au-2_obj.c-2, kind: waiver, owner: a, approver: b, reason: r, ticket: T, from: "2026-01-01T00:00:00Z", until: "2026-06-01T00:00:00Z"}\n`
      .replace(/approver: b/, changes.startsWith('approver') ? changes : 'approver: b')
      .replace(/until: "[^"]*"/, changes.startsWith('until') ? changes : 'until: "2026-06-01T00:00:00Z"');
  test.each([
    ['an overlay its owner approved', overlay('approver: a'), /profile\/overlay overlays\[0\]\.approver/],
    ['an overlay of more than a year', overlay('until: "2027-06-01T00:00:00Z"'), /at most a year/],
    ['an overlay that ends before it begins', overlay('until: "2025-06-01T00:00:00Z"'), /later than from/],
    ['an unknown key', 'organisation: x\n', /unknown key "organisation"/],
  ])('with %s is refused', (_, text, message) => {
    const { value, problems } = loadProfile({ path: 'profile.yml', text });
    expect(value).toBeUndefined();
    expect(problems.map(problemText).join('\n')).toMatch(message);
  });

  test('binds roles, sets parameters and names the organization', () => {
    const text = 'organization: Example\nsystem: Shop\nparameters: {au-05_odp.02: 1m}\nsources:\n  all: {from: [s], heartbeat: 10m}\n';
    const profile = loadProfile({ path: 'profile.yml', text }).value;
    const pack = loadControlPack({ path: 'p.yml', text: core }, profile).value;
    expect(profile).toMatchObject({ organization: 'Example', sources: { all: { from: ['s'], heartbeat: 600_000 } } });
    expect(pack?.measures.find(({ id }) => id === 'au6.delivered')).toMatchObject({ within: 60_000 });
    if (pack === undefined || profile === undefined) return;
    const report = buildReport(walk({ logs: [aQuietLog('s', 24)], rules: [aRule('r1')] }), pack, { profile });
    const satisfied = report.controls.flatMap(({ objectives }) =>
      objectives.filter(({ status }) => status === 'satisfied').map(({ id }) => id),
    );
    expect(satisfied).toEqual([
      'au-2_obj.c-2',
      'au-3_obj.a',
      'au-3_obj.b',
      'au-6_obj.b',
      'au-6.1_obj',
      'au-12_obj.a',
      'au-12_obj.c',
      'ca-7_obj.d',
      'si-4_obj.a.1',
      'si-4_obj.d-1',
      'si-4.2_obj',
      'si-4.5_obj',
    ]);
    expect(report.parameters.find(({ name }) => name === 'au-05_odp.02')).toEqual({ name: 'au-05_odp.02', value: '1m', source: 'profile' });
  });
});

describe('a profile beside its pack', () => {
  const pack = load('nist-800-53-core.yml');
  const problemsOf = (text: string) => loadProfile({ path: 'p.yml', text }, pack).problems.map(problemText);
  const [role] = pack?.sources ?? [];
  const [parameter] = Object.keys(pack?.parameters ?? {});

  test('names that the pack has are no problem', () => {
    expect(problemsOf(`sources: {${role?.id}: {from: [x]}}\nparameters: {${parameter}: 3}\n`)).toEqual([]);
  });

  test('names that it does not have are warnings at their place, with the nearest one', () => {
    const typo = `${role?.id}x`;
    expect(problemsOf(`sources: {${typo}: {from: [x]}}\n`)).toEqual([
      expect.stringMatching(new RegExp(`^p\\.yml:1:\\d+: warn profile/unknown .*no source role "${typo}"; did you mean "${role?.id}"\\?`)),
    ]);
    expect(problemsOf('parameters: {nothing-like-it: 3}\n')).toEqual([expect.stringMatching(/warn profile\/unknown .*no parameter/)]);
    const overlay = 'id: o, objective: zz-1_obj, kind: waiver, owner: a, approver: b, reason: r, ticket: t';
    const dates = 'from: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z"';
    expect(problemsOf(`overlays: [{${overlay}, ${dates}}]\n`)).toEqual([expect.stringMatching(/no objective "zz-1_obj"/)]);
  });
});
