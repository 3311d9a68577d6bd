import { describe, expect, test } from 'vitest';
import { live, ready } from '../../src/admin/health.ts';
import { adminSettings } from '../../src/config/admin-settings.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { createBoard } from '../../src/pipeline/board.ts';
import type { SinkStatus, StageStatus } from '../../src/pipeline/status.ts';
import { standingClock } from '../support/a-run.ts';

const START = Date.UTC(2026, 10, 20, 9);
const { health } = adminSettings.parse({ health: { maxLagRecords: 1000, maxLagBytes: 5000, stalledAfter: '1m' } });

function aBoard() {
  const clock = standingClock(START);
  const settings = settingsSchema.parse({
    sources: [
      { kind: 'kafka', name: 'k', brokers: ['b:9092'], topics: ['t'], groupId: 'g' },
      { kind: 'file', name: 'f', path: 'x', mode: 'follow' },
    ],
  });
  const board = createBoard(settings, clock);
  return {
    clock,
    board,
    reasons: () => ready(board.status(), health).reasons,
    state: (name: string) => board.status().sources.find((one) => one.name === name)?.state,
  };
}
const sink = (state: SinkStatus['state']): SinkStatus => ({
  name: 'es',
  kind: 'elasticsearch',
  state,
  since: undefined,
  reason: undefined,
  waiting: 3,
  dead: 0,
  oldestSeconds: 1,
});
const stage = (more: Partial<StageStatus>): StageStatus => ({
  stage: 'correlate',
  partitions: 2,
  restoring: 0,
  lag: 0,
  stalled: false,
  ...more,
});
const batch = (records: number, end?: boolean) => ({ partition: 0, records: { length: records }, ...(end === undefined ? {} : { end }) });

describe('ready tells the truth', () => {
  test('not while state is restored, nor while the engine stops', () => {
    const { board, reasons } = aBoard();
    expect(reasons()).toEqual(['state is being restored']);
    board.phase('running');
    expect(reasons()).toEqual([]);
    board.phase('stopping');
    expect(reasons()).toEqual(['the engine is stopping']);
  });

  test('not above the lag limit, which counts records of Kafka and bytes of files', () => {
    const { board, reasons } = aBoard();
    board.phase('running');
    board.lag('k', 1000);
    board.lag('f', 5000);
    expect(reasons()).toEqual([]);
    board.lag('k', 1001);
    board.lag('f', 5001);
    expect(reasons()).toEqual(['source k has 1001 records unread, more than 1000', 'source f has 5001 bytes unread, more than 5000']);
  });

  test('not with a source that has something and takes nothing; one that has nothing is only quiet', () => {
    const { board, clock, reasons, state } = aBoard();
    board.phase('running');
    board.took('k', batch(5), START);
    board.took('f', batch(5), START);
    clock.set(START + 600_000);
    board.lag('k', 7);
    board.lag('f', 0);
    // The lag is new: it may be read in a moment.
    expect([state('k'), state('f')]).toEqual(['quiet', 'quiet']);
    clock.set(START + 659_999);
    expect(reasons()).toEqual([]);
    clock.set(START + 660_000);
    expect(reasons()).toEqual(['source k is stalled: it takes nothing and has 7 records unread']);
    board.took('k', batch(7), START + 660_000);
    expect(state('k')).toBe('reading');
  });

  test('not with a receiver that failed or wants nothing more', () => {
    const { board, reasons } = aBoard();
    board.phase('running');
    for (const [state, said] of [
      ['closed', []],
      ['open', ['sink es fails and is left alone for now']],
      ['disabled', ['sink es is disabled: its receiver wants nothing more']],
    ] as const) {
      board.ask({ sinks: () => [sink(state)] });
      expect(reasons()).toEqual(said);
    }
  });

  test('in the distributed form not while a partition is restored, far behind or stalled', () => {
    const { board, reasons } = aBoard();
    board.phase('running');
    board.ask({ stages: () => [stage({ restoring: 1 }), stage({ lag: 1001 }), stage({ lag: 5, stalled: true }), stage({ lag: 1000 })] });
    expect(reasons()).toEqual([
      'stage correlate restores 1 partitions',
      'stage correlate has 1001 records unread, more than 1000',
      'stage correlate is stalled with 5 records unread',
    ]);
  });

  test('a source whose partitions have all ended is ended', () => {
    const { board, state } = aBoard();
    board.took('f', { ...batch(1), partition: 0 }, undefined);
    board.took('f', { ...batch(1, true), partition: 1 }, undefined);
    expect(state('f')).toBe('reading');
    board.took('f', { ...batch(0, true), partition: 0 }, undefined);
    expect(state('f')).toBe('ended');
  });
});

test('alive means that the loop of the engine turns', () => {
  const { board, clock } = aBoard();
  clock.set(START + 900_000);
  expect(live(board.sinceBeat()).ok).toBe(true);
  board.phase('running');
  clock.set(START + 1_019_999);
  expect(live(board.sinceBeat()).ok).toBe(true);
  clock.set(START + 1_020_000);
  expect(live(board.sinceBeat())).toEqual({ ok: false, reasons: ['the loop of the engine did not turn for 120 s'] });
  board.beat();
  expect(live(board.sinceBeat()).ok).toBe(true);
});

test('the status names every connection whose checks are off', () => {
  const settings = settingsSchema.parse({
    sources: [{ kind: 'file', name: 'f', path: 'x' }],
    sinks: [
      { kind: 'elasticsearch', name: 'es', node: 'http://localhost:9200', insecure: true },
      { kind: 'console', name: 'out' },
    ],
    telemetry: { otlp: { endpoint: 'http://localhost:4318', insecure: true } },
  });
  expect(createBoard(settings, standingClock(START)).status().insecure).toEqual(['sinks[es]', 'telemetry.otlp']);
});
