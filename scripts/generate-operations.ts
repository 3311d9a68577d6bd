// Writes the alert rules, their tests, the dashboard and docs/metrics.md from the list of instruments; a test fails when they are stale.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dashboardText } from './operations/dashboard.ts';
import { metricsPage } from './operations/metrics-page.ts';
import { rulesTestText, rulesText, scrapeText } from './operations/prometheus.ts';

/** Every generated file, by its path in the repository. */
export const OPERATIONS_FILES: Readonly<Record<string, () => string>> = {
  'deploy/prometheus/prometheus.yml': scrapeText,
  'deploy/prometheus/wardline.rules.yml': () => rulesText(),
  'deploy/prometheus/wardline.rules.test.yml': () => rulesTestText(),
  'deploy/grafana/wardline.json': dashboardText,
  'docs/metrics.md': metricsPage,
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const home = resolve(import.meta.dirname, '..');
  for (const [path, text] of Object.entries(OPERATIONS_FILES)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text());
  }
  console.log(`wrote ${Object.keys(OPERATIONS_FILES).length} files to deploy/ and docs/`);
}
