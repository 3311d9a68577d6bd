import { expect, test } from 'vitest';
import { createDoubts } from '../../src/pipeline/doubts.ts';
import type { Logger } from '../../src/shared/logger.ts';

test('doubts are added up over sources, and each that is unusual is said once per source', () => {
  const said: object[] = [];
  const doubts = createDoubts({ warn: (about: object) => said.push(about) } as unknown as Logger);
  doubts.observe('a', new Map([['duplicate_key', 2]]));
  doubts.observe('a', new Map([['duplicate_key', 1]]));
  doubts.observe(
    'b',
    new Map([
      ['duplicate_key', 4],
      ['assumed_zone', 9],
    ]),
  );
  expect([...doubts.totals()]).toEqual([
    ['assumed_zone', 9],
    ['duplicate_key', 7],
  ]);
  expect(said).toEqual([
    { source: 'a', tag: 'duplicate_key' },
    { source: 'b', tag: 'duplicate_key' },
  ]);
});
