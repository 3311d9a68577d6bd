import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { createMeters } from '../../src/pipeline/meters.ts';
import { createNotifying } from '../../src/pipeline/notifying.ts';
import { traced } from '../../src/pipeline/observed.ts';
import type { Delivery, Sink } from '../../src/sink/sink.ts';
import { telemetrySettings } from '../../src/telemetry/settings.ts';
import { createTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts';
import { aWorld, type World } from '../support/a-run.ts';
import { anAlert } from '../support/an-alert.ts';

let world: World;
let telemetry: Telemetry;
beforeEach(() => {
  world = aWorld();
  telemetry = createTelemetry(telemetrySettings.parse({}), 'silent', true, () => undefined);
});
afterEach(async () => {
  await telemetry.shutdown();
  world.remove();
});

const lines = async (name: string): Promise<string[]> => (await telemetry.exposition()).split('\n').filter((line) => line.startsWith(name));

describe('metrics of delivery', () => {
  test('every call of a receiver is timed, also one that fails', async () => {
    const answers: (readonly Delivery[] | Error)[] = [[{ id: 'a', outcome: 'stored' }], new Error('no access')];
    const sink: Sink = {
      name: 'soc',
      close: async () => undefined,
      async write() {
        const answer = answers.shift() ?? [];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    const timed = traced(sink, world.clock, telemetry);
    await timed.write([anAlert()], new AbortController().signal);
    await expect(timed.write([anAlert()], new AbortController().signal)).rejects.toThrow('no access');
    expect(await lines('wardline_delivery_seconds_count')).toEqual(['wardline_delivery_seconds_count{receiver="soc"} 2']);
  });

  test('outcomes are counted by receiver and result', async () => {
    const meters = createMeters(telemetry.metrics);
    meters.delivered('soc', [
      { id: 'a', outcome: 'stored' },
      { id: 'b', outcome: 'retry', reason: 'status 503' },
      { id: 'c', outcome: 'retry', reason: 'status 503' },
      { id: 'd', outcome: 'rejected', reason: 'status 422' },
    ]);
    expect((await lines('wardline_delivery_outcomes_total')).sort()).toEqual([
      'wardline_delivery_outcomes_total{receiver="soc",result="rejected"} 1',
      'wardline_delivery_outcomes_total{receiver="soc",result="retry"} 2',
      'wardline_delivery_outcomes_total{receiver="soc",result="stored"} 1',
    ]);
  });

  test('what routes decide is counted once it is stored: told, and kept quiet', async () => {
    const { notify } = settingsSchema.parse({
      sources: [{ kind: 'stdin', name: 'in' }],
      sinks: [{ kind: 'console', name: 'soc' }],
      notify: {
        route: { receiver: 'soc', groupBy: ['...'], groupWait: '0s' },
        silences: [{ id: 's', matchers: ['n="quiet"'], starts: '2026-01-01', ends: '2027-01-01', owner: 'o', comment: 'c' }],
      },
    });
    if (notify === undefined) throw new Error('no routes');
    world.withStore((store) => {
      store.transaction(() =>
        store.alerts.append([anAlert({ id: 'a', group: { n: 'quiet' } }), anAlert({ id: 'b', group: { n: 'loud' } })], []),
      );
      createNotifying(store, notify, world.clock, createMeters(telemetry.metrics).notified).turn();
    }, {});
    expect((await lines('wardline_notify_decisions_total')).sort()).toEqual([
      'wardline_notify_decisions_total{receiver="soc",decision="notified"} 1',
      'wardline_notify_decisions_total{receiver="soc",decision="silenced"} 1',
      'wardline_notify_decisions_total{receiver="soc",decision="waiting"} 2',
    ]);
  });
});
