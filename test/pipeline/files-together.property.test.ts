import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/shared/json.ts';
import { at as nested } from '../../src/shared/nested.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aWorld } from '../support/a-run.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 20);
const ruleset = rulesetOf(
  { title: 'f', name: 'f', logsource: { category: 'test' }, detection: { s: { kind: 'fail' }, condition: 's' } },
  ...[
    {
      title: 'burst',
      name: 'burst',
      correlation: { type: 'event_count', rules: ['f'], 'group-by': ['user.name'], timespan: '5m', condition: { gte: 3 } },
    },
    {
      title: 'few',
      name: 'few',
      correlation: { type: 'event_count', rules: ['f'], 'group-by': ['user.name'], timespan: '5m', condition: { lte: 1 } },
    },
    { title: 'gone', name: 'gone', anomaly: { type: 'absence', rules: ['f'], 'group-by': ['user.name'], timespan: '30m' } },
    { title: 'spike', name: 'spike', anomaly: { type: 'spike', rules: ['f'], 'group-by': ['user.name'], timespan: '10m', history: 3 } },
  ].map((rule) => ({ level: 'medium', ...rule })),
);

type Event = { readonly minute: number; readonly user: string; readonly file: number };
const eventOf = ({ minute, user }: Event) => ({
  '@timestamp': new Date(START + minute * MINUTE).toISOString(),
  kind: 'fail',
  user: { name: user },
});
/** Episodes by how they ended: an opening says what was known when it was told, and its first match may come later. */
const named = (document: JsonObject): string =>
  ['rule.name', 'user.name', 'wardline.alert.cell', '@timestamp', 'wardline.alert.count']
    .map((path) => String(nested(document, path)))
    .join(' ');
const isEnd = (document: JsonObject): boolean => nested(document, 'wardline.alert.stage') === 'closed';

/** What the engine makes of files under one or several sources. */
async function alertsOf(
  files: readonly (readonly Event[])[],
  sources: (folder: string, count: number) => readonly object[],
): Promise<readonly string[]> {
  const world = aWorld(Date.UTC(2026, 10, 21));
  const logs = mkdtempSync(join(tmpdir(), 'wardline-files-'));
  try {
    for (const [n, events] of files.entries())
      writeFileSync(join(logs, `${n}.ndjson`), events.map((event) => `${JSON.stringify(eventOf(event))}\n`).join(''));
    await world.run(ruleset, [], { sources: sources(logs, files.length) });
    return world.documents().filter(isEnd).map(named).sort();
  } finally {
    world.remove();
    rmSync(logs, { recursive: true });
  }
}

const source = (name: string, path: string) => ({ kind: 'file', name, path, logsource: { category: 'test' } });
const oneSource = (folder: string) => [source('all', folder)];
const sourceEach = (folder: string, count: number) => Array.from({ length: count }, (_, n) => source(`s${n}`, join(folder, `${n}.ndjson`)));

const events = fc.array(fc.record({ minute: fc.nat(300), user: fc.constantFrom('a', 'b'), file: fc.nat(2) }), {
  minLength: 4,
  maxLength: 30,
});
const inOrder = (list: readonly Event[]) => [...list].sort((a, b) => a.minute - b.minute || a.file - b.file);

describe('files whose times overlap', () => {
  test.each([
    ['in one folder', oneSource],
    ['as a source each', sourceEach],
  ])('%s give the alerts of one file with all of it', async (_name, sources) => {
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        const all = inOrder(list);
        const files = [0, 1, 2].map((file) => all.filter((event) => event.file === file));
        expect(await alertsOf(files, sources)).toEqual(await alertsOf([all], oneSource));
      }),
      { numRuns: 12 },
    );
  });

  test('a burst that two files share is one', async () => {
    const x = [
      { minute: 0, user: 'a', file: 0 },
      { minute: 2, user: 'a', file: 0 },
      { minute: 30, user: 'b', file: 0 },
    ];
    const y = [
      { minute: 1, user: 'a', file: 1 },
      { minute: 3, user: 'a', file: 1 },
      { minute: 31, user: 'b', file: 1 },
    ];
    expect((await alertsOf([x, y], oneSource)).filter((alert) => alert.startsWith('burst'))).toHaveLength(1);
  });
});
