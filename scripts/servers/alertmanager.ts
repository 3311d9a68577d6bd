import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch, type Server, type StartOptions } from './server.ts';

/** Where Debian's package prometheus-alertmanager puts it, and where others do. */
const PLACES = ['/usr/bin/prometheus-alertmanager', '/usr/local/bin/alertmanager', '/usr/bin/alertmanager'];

/** Why there is no Alertmanager to start; undefined when there is one. */
export function alertmanagerMissing(): string | undefined {
  return PLACES.some(existsSync) ? undefined : 'no Alertmanager: install the package prometheus-alertmanager';
}

/** Alertmanager that sends everything to one webhook, at once. */
export async function startAlertmanager({ dir, port, webhook }: StartOptions & { readonly webhook: string }): Promise<Server> {
  const command = PLACES.find(existsSync);
  if (command === undefined) throw new Error(alertmanagerMissing());
  mkdirSync(dir, { recursive: true });
  const config = join(dir, 'alertmanager.yml');
  writeFileSync(
    config,
    JSON.stringify({
      route: { receiver: 'hook', group_by: ['alertname'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' },
      receivers: [{ name: 'hook', webhook_configs: [{ url: webhook, send_resolved: true }] }],
    }),
  );
  const own = port ?? (await freePort());
  const url = `http://127.0.0.1:${own}`;
  return launch({
    name: 'alertmanager',
    command,
    args: [
      `--config.file=${config}`,
      `--storage.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
      '--cluster.listen-address=',
    ],
    dir,
    url,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
}
