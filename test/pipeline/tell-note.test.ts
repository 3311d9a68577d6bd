import { expect, test } from 'vitest';
import { tellNote } from '../../src/pipeline/tell-note.ts';
import { silentLogger } from '../../src/shared/logger.ts';

test('a baseline that is being learned is told of without alarm, a silent source with; budgets are told of elsewhere', () => {
  const told: [string, string][] = [];
  const logger = {
    ...silentLogger,
    info: (_: object, message: string) => void told.push(['info', message]),
    warn: (_: object, message: string) => void told.push(['warn', message]),
  };
  const note = { kind: 'undecided', rule: 'r', group: { key: '', values: {} }, time: 0n, window: { start: 0n, end: 0n } } as const;
  tellNote({ ...note, reason: 'learning' }, logger);
  tellNote({ ...note, reason: 'silent' }, logger);
  tellNote({ kind: 'bounded', rule: 'r', time: 0n, dropped: 3, window: { start: 0n, end: 1n } }, logger);
  expect(told).toEqual([
    ['info', 'not decided yet: the baseline of the group is being learned'],
    ['warn', 'not decided: a source was silent'],
  ]);
});
