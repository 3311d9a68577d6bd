import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { alertmanagerMissing, startAlertmanager } from '../../scripts/servers/alertmanager.ts';
import { serversRequired } from '../../scripts/servers/index.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { createAlertmanagerSink } from '../../src/sink/alertmanager/index.ts';
import { alertmanagerSinkSettings } from '../../src/sink/alertmanager/settings.ts';
import { describeSinkContract } from '../contract/sink-contract.ts';

const missing = alertmanagerMissing();
if (missing !== undefined) {
  if (serversRequired()) throw new Error(missing);
  console.log(`the sink contract over Alertmanager is skipped: ${missing}`);
}

type Listed = { readonly annotations: { readonly event_id: string; readonly summary: string } };

describe.skipIf(missing !== undefined)('sinks and their real servers: Alertmanager', () => {
  describeSinkContract('Alertmanager, a real one', {
    says: [],
    perAlert: false,
    text: 'shown',
    async start() {
      const dir = mkdtempSync(join(tmpdir(), 'wardline-am-'));
      // Nobody listens there: whom it notifies is not what is asked here.
      const server = await startAlertmanager({ dir, webhook: 'http://127.0.0.1:9/' });
      const sink = createAlertmanagerSink(
        alertmanagerSinkSettings.parse({ kind: 'alertmanager', url: server.url, insecure: true, allowPrivate: true }),
        systemClock,
      );
      return {
        sink,
        async taken() {
          const listed = (await (await fetch(`${server.url}/api/v2/alerts`)).json()) as readonly Listed[];
          return listed
            .map(({ annotations }) => ({ id: annotations.event_id, message: annotations.summary }))
            .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
        },
        answer: () => undefined,
        async close() {
          await server.stop();
          rmSync(dir, { recursive: true, force: true });
        },
      };
    },
  });
});
