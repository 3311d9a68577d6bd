import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createAccessor } from '../../src/event/accessor.ts';
import { formats } from '../../src/normalize/index.ts';
import { get } from '../../src/normalize/materialize.ts';
import { eventsOf } from '../support/an-event.ts';
import { goldenFiles, goldenOf } from '../support/golden-formats.ts';

type Case = {
  readonly format: string;
  readonly line: string;
  readonly labels: readonly object[];
  readonly time: string;
  readonly ecs: Readonly<Record<string, unknown>>;
};
const cases = JSON.parse(readFileSync(new URL('../golden/normalize/cases.json', import.meta.url), 'utf8')) as Case[];

describe('log formats', () => {
  test.each(cases)('$format: $line', ({ format, line, labels, time, ecs }) => {
    const [event, ...more] = eventsOf(line);
    expect(more).toEqual([]);
    expect(event?.route.format).toBe(format);
    expect(event?.route.labels.map(({ aliases: _aliases, ...label }) => label)).toEqual(labels);
    const document = event?.toEcs() ?? {};
    expect(document['@timestamp']).toBe(time);
    // `null` stands for a field that is not there.
    for (const [field, value] of Object.entries(ecs)) expect([field, get(document, field) ?? null]).toEqual([field, value]);
  });

  const golden = goldenFiles().flatMap(({ format, cases: lines }) => lines.map((one) => ({ format, ...one })));
  test.each(golden)('$format: $line', ({ format, line, settings, labels, ecs }) => {
    const [event, ...more] = eventsOf(line, settings ?? {});
    expect(more).toEqual([]);
    expect(event?.route.format).toBe(format);
    expect(event === undefined ? undefined : goldenOf(event)).toEqual({ labels, ecs });
  });

  test('every field of an ECS document is what the same look-up gives a rule', () => {
    for (const { line, settings } of [...cases.map(({ line: one }) => ({ line: one, settings: {} })), ...golden]) {
      for (const event of eventsOf(line, settings ?? {})) {
        const document = event.toEcs();
        for (const field of Object.keys(formats.find(({ name }) => name === event.route.format)?.fields ?? {})) {
          const looked = event.field(field);
          const built = get(document, field);
          // Fields that the vendor also has under the same name keep the vendor's value for rules.
          if (createAccessor({ kind: 'path', keys: field.split('.') })(event.document) !== undefined) continue;
          // An event without an id of its own gets one from its coordinate, in the document alone.
          if (field === 'event.id' && looked === undefined) continue;
          if (built !== undefined && typeof looked !== 'object') expect([field, looked]).toEqual([field, built]);
        }
      }
    }
  });

  test('docs/formats.md lists them all, and no others', () => {
    const page = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');
    // Tags of events are named in tables of the same form.
    const listed = [...page.matchAll(/^\| `([a-z0-9_.]+)` +\| .* \| /gm)]
      .map((row) => row[1])
      .filter((name) => !name?.endsWith('_time') && !name?.endsWith('_zone'));
    expect(listed).toEqual(formats.map(({ name }) => name));
  });

  test('discriminating values of an attacker make a bounded number of routes', () => {
    const ids = new Set<number>();
    for (let i = 0; i < 5000; i++) for (const event of eventsOf(JSON.stringify({ Channel: `c${i}`, EventID: i }))) ids.add(event.route.id);
    expect(ids.size).toBeLessThanOrEqual(5000);
  });
});

const shared = resolve(import.meta.dirname, '../../../shared/data/sigma/windows-events.ndjson.gz');
describe.skipIf(!existsSync(shared))('real Windows events', () => {
  test('all that have a channel are Windows events with log sources', () => {
    const lines = gunzipSync(readFileSync(shared))
      .toString('utf8')
      .split('\n')
      .filter((_, i) => i % 20 === 0);
    const strange = lines
      .filter((line) => line.includes('"Channel"'))
      .filter((line) => eventsOf(line).some(({ route }) => !route.format.startsWith('windows') || route.labels.length === 0));
    expect(strange).toEqual([]);
  });
});
if (!existsSync(join(shared))) console.log('real Windows events are skipped: the shared data set is not here');
