import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch, type Server, type StartOptions } from './server.ts';

/** Where Debian's package prometheus puts them, and where others do. */
const PROMETHEUS = ['/usr/bin/prometheus', '/usr/local/bin/prometheus'];
const PROMTOOL = ['/usr/bin/promtool', '/usr/local/bin/promtool'];

/** Why there is no Prometheus to start; undefined when there is one. */
export function prometheusMissing(): string | undefined {
  return PROMETHEUS.some(existsSync) && PROMTOOL.some(existsSync) ? undefined : 'no Prometheus: install the package prometheus';
}

/** Runs promtool; returns what it printed, throws with that when it has objections. */
export function promtool(args: readonly string[], input?: string): string {
  const command = PROMTOOL.find(existsSync);
  if (command === undefined) throw new Error(prometheusMissing());
  return execFileSync(command, args, { encoding: 'utf8', ...(input === undefined ? {} : { input }), stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Prometheus that scrapes one target every half second; `rules` are files of alert rules. */
export async function startPrometheus({
  dir,
  port,
  target,
  rules = [],
}: StartOptions & { readonly target: string; readonly rules?: readonly string[] }): Promise<Server> {
  const command = PROMETHEUS.find(existsSync);
  if (command === undefined) throw new Error(prometheusMissing());
  mkdirSync(dir, { recursive: true });
  const config = join(dir, 'prometheus.yml');
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '500ms', evaluation_interval: '500ms' },
      rule_files: rules,
      scrape_configs: [{ job_name: 'wardline', static_configs: [{ targets: [target] }] }],
    }),
  );
  const own = port ?? (await freePort());
  const url = `http://127.0.0.1:${own}`;
  return launch({
    name: 'prometheus',
    command,
    args: [`--config.file=${config}`, `--storage.tsdb.path=${join(dir, 'data')}`, `--web.listen-address=127.0.0.1:${own}`],
    dir,
    url,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
}
