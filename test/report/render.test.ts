import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildReport, type Report } from '../../src/report/compliance.ts';
import { csvCell, renderCsv } from '../../src/report/csv-report.ts';
import { renderHtml } from '../../src/report/html-report.ts';
import { renderJson } from '../../src/report/json-report.ts';
import { aBusyLedger, HOSTILE } from './scene.ts';
import { aPack, aProfile, PACK_DOCUMENT } from './world.ts';

const profile = {
  ...aProfile('okta', HOSTILE, 'never-seen'),
  organization: HOSTILE,
  overlays: [
    {
      id: 'ov-1',
      objective: 't-1_obj.c',
      kind: 'not-applicable' as const,
      owner: 'a',
      approver: 'b',
      reason: 'no such system',
      ticket: 'T-1',
      from: '2026-01-01T00:00:00Z',
      until: '2026-12-31T00:00:00Z',
    },
  ],
};
const pack = aPack({ ...PACK_DOCUMENT, title: `Test pack ${HOSTILE}` });
const report = buildReport(aBusyLedger(), pack, { profile });
const golden = join(import.meta.dirname, '../golden/report');

/** Compares with the file, or writes it when WARDLINE_UPDATE_GOLDEN is set. */
function expectGolden(name: string, text: string): void {
  const path = join(golden, name);
  if (process.env['WARDLINE_UPDATE_GOLDEN'] === '1' || !existsSync(path)) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

test('the same ledger gives the same bytes: HTML, JSON and CSV as kept', () => {
  expectGolden('compliance.html', renderHtml(report));
  expectGolden('compliance.json', renderJson(report));
  expectGolden('compliance.csv', renderCsv(report));
});

test('bytes do not depend on the time zone or the locale of the process', () => {
  const [zone, lang] = [process.env['TZ'], process.env['LANG']];
  try {
    process.env['TZ'] = 'Pacific/Apia';
    process.env['LANG'] = 'tr_TR.UTF-8';
    const again = buildReport(aBusyLedger(), pack, { profile });
    expect([renderHtml(again), renderJson(again), renderCsv(again)]).toEqual([renderHtml(report), renderJson(report), renderCsv(report)]);
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
    if (lang === undefined) delete process.env['LANG'];
    else process.env['LANG'] = lang;
  }
});

const PARSE = `
import sys, json
from html.parser import HTMLParser
VOID = {'meta','br','link','img','input','hr','base'}
class P(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.faults, self.text, self.style = [], [], [], [], []
    def handle_starttag(self, tag, attrs):
        self.tags.append([tag, [[k, v or ''] for k, v in attrs]])
        if tag not in VOID: self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.tags.append([tag, [[k, v or ''] for k, v in attrs]])
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: self.faults.append(tag)
    def handle_data(self, data):
        (self.style if self.open and self.open[-1] == 'style' else self.text).append(data)
p = P(); p.feed(sys.stdin.read()); p.close()
json.dump({'tags': p.tags, 'left': p.open, 'faults': p.faults, 'text': p.text, 'style': ''.join(p.style)}, sys.stdout)
`;
type Parsed = { tags: [string, [string, string][]][]; left: string[]; faults: string[]; text: string[]; style: string };

const python = spawnSync('python3', ['--version']).status === 0;
const parseHtml = (text: string): Parsed =>
  JSON.parse(
    spawnSync('python3', ['-c', PARSE], { input: text, encoding: 'utf8', env: { ...process.env, PYTHONUTF8: '1' } }).stdout,
  ) as Parsed;

if (!python) console.log('skipped: HTML read by a second parser, because python3 is not there');
describe.skipIf(!python)('HTML, read by a second parser', () => {
  const text = renderHtml(report);
  const parsed = python ? parseHtml(text) : ({ tags: [], left: [], faults: [], text: [], style: '' } as Parsed);
  const attributes = parsed.tags.flatMap(([tag, attrs]) => attrs.map(([name, value]) => ({ tag, name, value })));

  test('is well formed', () => {
    expect(parsed.faults).toEqual([]);
    expect(parsed.left).toEqual([]);
  });

  test('has no active content and no resource from outside, whatever names stand in the ledger', () => {
    const allowed =
      'html head meta title style body a header h1 h2 h3 p dl dt dd main section svg rect text table caption thead tbody tr th td ul li span small strong code time br footer'.split(
        ' ',
      );
    expect(parsed.tags.map(([tag]) => tag).filter((tag) => !allowed.includes(tag))).toEqual([]);
    expect(
      attributes.filter(({ name }) => name.startsWith('on') || ['style', 'src', 'srcset', 'action', 'formaction', 'data'].includes(name)),
    ).toEqual([]);
    expect(attributes.filter(({ name, value }) => name === 'href' && !/^#[a-z0-9._-]+$/.test(value))).toEqual([]);
  });

  test('allows its own style sheet by hash and nothing else', () => {
    const csp = attributes.find(({ tag, name, value }) => tag === 'meta' && name === 'content' && value.includes('default-src'))?.value;
    const hash = createHash('sha256').update(parsed.style).digest('base64');
    expect(csp).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
    expect(parsed.style).not.toMatch(/url\(|@import|expression/);
  });

  test('opens with the scope statement', () => {
    const words = parsed.text.map((part) => part.trim()).filter((part) => part !== '');
    const title = words.indexOf(report.scope.statement);
    expect(report.scope.statement).toMatch(
      /^This report covers 9 of 20 objectives and 3 of 4 controls of the test catalog: \d+ objectives were assessed, \d+ were not\./,
    );
    expect(title).toBeGreaterThan(0);
    expect(title).toBeLessThan(6);
  });

  test('says every status in words, names rows and columns, and gives charts a title', () => {
    const count = (tag: string): number => parsed.tags.filter(([name]) => name === tag).length;
    expect(count('caption')).toBe(count('table'));
    expect(parsed.tags.filter(([tag, attrs]) => tag === 'th' && !attrs.some(([name]) => name === 'scope'))).toEqual([]);
    expect(
      parsed.tags.filter(([tag, attrs]) => tag === 'svg' && !attrs.some(([name, value]) => name === 'role' && value === 'img')),
    ).toEqual([]);
    expect(parsed.tags.filter(([tag, attrs]) => tag === 'html' && attrs.some(([name]) => name === 'lang')).length).toBe(1);
    for (const status of ['satisfied', 'not-satisfied', 'not-applicable'])
      expect(parsed.text.some((part) => part.includes(status))).toBe(true);
  });

  test('links lead to places that exist', () => {
    const ids = new Set(attributes.filter(({ name }) => name === 'id').map(({ value }) => value));
    for (const { value } of attributes.filter(({ name }) => name === 'href')) expect(ids.has(value.slice(1)), value).toBe(true);
  });

  test('shows characters that hide or turn the text by their number', () => {
    expect(text).not.toContain('\u202e');
    expect(text).toContain('\\u{202e}=cmd');
  });

  test('has the numbers of the model', () => {
    const words = parsed.text.join('\n');
    for (const source of report.sources.filter(({ partitions }) => partitions.length > 0)) {
      for (const n of [source.events, source.lost, source.blindMs, source.longestSilenceMs]) expect(words).toContain(`\n${n}\n`);
    }
    for (const { windows } of report.measures) {
      for (const { value, population, of } of windows) {
        expect(words).toContain(`\n${value ?? 'none'}\n`);
        expect(words).toContain(`${population} ${of}`);
      }
    }
  });
});

test('no value can leave its place in HTML: what is drawn is what was meant', () => {
  expect(renderHtml(report)).not.toContain('<script');
  expect(renderHtml(report)).not.toContain('<img');
});

/** RFC 4180, read by the letter. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[i++];
      else quoted = false;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === ',' || c === '\r') {
      rows.at(-1)?.push(cell);
      cell = '';
      if (c === '\r') {
        rows.push([]);
        i++;
      }
    } else cell += c;
  }
  rows.pop();
  return rows;
}

test('CSV holds every window, source and objective of the model with equal numbers', () => {
  const rows = readCsv(renderCsv(report));
  const columns = rows[0] ?? [];
  const as = (row: string[]): Record<string, string> => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? '']));
  const of = (section: string): Record<string, string>[] =>
    rows
      .slice(1)
      .map(as)
      .filter((row) => row['section'] === section);
  expect(rows.every((row) => row.length === columns.length)).toBe(true);
  const windows = report.measures.flatMap(({ measure, windows: all }) =>
    all.map((w) => [measure.id, w.verdict, String(w.value ?? ''), String(w.population), String(w.lost), String(w.blindMs)]),
  );
  expect(of('window').map((row) => [row['id'], row['status'], row['value'], row['population'], row['lost'], row['blind_ms']])).toEqual(
    windows,
  );
  expect(of('objective').map((row) => [row['id'], row['status'], row['reasons']])).toEqual(
    report.controls.flatMap(({ objectives }) => objectives.map(({ id, status, reasons }) => [id, status, reasons.join(' ')])),
  );
  expect(of('source').map((row) => [row['value'], row['lost'], row['blind_ms']])).toEqual(
    report.sources.map(({ events, lost, blindMs }) => [String(events), String(lost), String(blindMs)]),
  );
});

test.each([
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['a "b"', '"a ""b"""'],
  ['a,b', '"a,b"'],
  ['plain', 'plain'],
  [-5, '-5'],
  [null, ''],
])('the CSV cell of %j is %s', (value, text) => {
  expect(csvCell(value)).toBe(text);
});

test('JSON is the model: read back, every number is there', () => {
  const read = JSON.parse(renderJson(report)) as Report;
  expect(read.counts).toEqual(report.counts);
  expect(read.sources).toEqual(JSON.parse(JSON.stringify(report.sources)));
  expect(read.measures.map(({ windows }) => windows.map(({ value, population }) => [value, population]))).toEqual(
    report.measures.map(({ windows }) => windows.map(({ value, population }) => [value, population])),
  );
});
