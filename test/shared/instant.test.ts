import { expect, test } from 'vitest';
import { parseInstant } from '../../src/shared/instant.ts';

test.each([
  ['2026-11-01', '2026-11-01T00:00:00.000Z'],
  ['2026-11-01T06:00:00Z', '2026-11-01T06:00:00.000Z'],
  ['2026-11-01T06:00', '2026-11-01T06:00:00.000Z'],
  ['2026-11-01 06:00:00.5', '2026-11-01T06:00:00.500Z'],
  ['2026-11-01T06:00:00+02:00', '2026-11-01T04:00:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
])('%s is %s, whatever the zone of the host', (text, instant) => {
  expect(new Date(parseInstant(text) ?? Number.NaN).toISOString()).toBe(instant);
});

test.each([
  '2020-02-30',
  '2026-02-29',
  '2026-13-01',
  '2026-00-10',
  '2026-11-00',
  '2026-11-01T24:30:00Z',
  '11/01/2026',
  '2026',
  'yesterday',
  '2026-11-01x',
])('%s is no instant', (text) => expect(parseInstant(text)).toBeUndefined());
