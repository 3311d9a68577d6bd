import type { Settings } from '../config/settings.ts';
import type { Board } from '../pipeline/board.ts';
import type { RunOptions } from '../pipeline/run-options.ts';
import { createElasticsearchAlerts } from '../sink/elasticsearch-alerts.ts';
import type { Store } from '../store/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createConsole, type Elsewhere } from './console.ts';
import { startAdmin } from './server.ts';

/** The admin port of a run, if its settings have one; without a store alerts are asked of a sink that keeps them. */
export async function openAdmin(
  { settings, baseDir, clock, logger }: RunOptions,
  board: Board,
  telemetry: Telemetry,
  store: Store | undefined,
): Promise<{ close(): Promise<void> } | undefined> {
  const { admin, canaries, evidence } = settings;
  if (admin === undefined) return undefined;
  const elsewhere = store === undefined ? elsewhereOf(settings) : undefined;
  const console = createConsole({ board, clock, store, elsewhere, canaries, signed: evidence.key !== undefined });
  const server = await startAdmin(admin, { baseDir, board, telemetry, clock, logger, console });
  return {
    async close() {
      await server.close();
      await elsewhere?.kept?.alerts.close();
    },
  };
}

/** Where the alerts of the distributed form are, and the sink that can be asked for them. */
export function elsewhereOf({ sinks, transport }: Settings): Elsewhere {
  const topic = transport === undefined ? [] : [`the topic ${transport.prefix}.alerts`];
  const found = sinks.find((sink) => sink.kind === 'elasticsearch');
  return {
    where: [...topic, ...sinks.map(({ name, kind }) => (name === kind ? name : `${name} (${kind})`))].join(', '),
    kept: found === undefined ? undefined : { name: found.name, alerts: createElasticsearchAlerts(found) },
  };
}
