import { expect, test } from 'vitest';
import { formats } from '../../src/normalize/index.ts';
import { get } from '../../src/normalize/materialize.ts';
import { provenanceOf } from '../../src/normalize/provenance.ts';
import { eventsOf } from '../support/an-event.ts';
import { goldenFiles } from '../support/golden-formats.ts';

test('every field of every format tells what it was made of, and only what the document has', () => {
  for (const { cases } of goldenFiles()) {
    for (const { line, settings } of cases) {
      const [event] = eventsOf(line, settings ?? {});
      const format = formats.find(({ name }) => name === event?.route.format);
      if (event === undefined || format === undefined) continue;
      const document = event.toEcs();
      const origins = provenanceOf(format, event.document);
      for (const field of Object.keys(format.fields))
        if (event.field(field) !== undefined && get(document, field) !== undefined && event.document[field] === undefined)
          expect([field, origins.has(field)]).toEqual([field, true]);
    }
  }
});

test('a path, a function of paths, a constant', () => {
  const line = '203.0.113.7 - alice [20/Nov/2026:07:00:00 +0000] "GET /x HTTP/1.1" 404 85 "-" "curl/8.5.0"';
  const [event] = eventsOf(line, { format: 'nginx.access' });
  const origins = provenanceOf(formats.find(({ name }) => name === 'nginx.access') as (typeof formats)[number], event?.document ?? {});
  expect(['@timestamp', 'http.response.status_code', 'event.kind'].map((field) => origins.get(field))).toEqual([
    'timestamp',
    'computed from status',
    'constant',
  ]);
});

test.each([
  ['always', true, true],
  ['unparsed', false, true],
  ['never', false, false],
] as const)('original: %s', (original, parsed, unparsed) => {
  const has = (line: string): boolean => get(eventsOf(line, { original })[0]?.toEcs() ?? {}, 'event.original') !== undefined;
  expect([has('{"a":1}'), has('no format knows this')]).toEqual([parsed, unparsed]);
});
