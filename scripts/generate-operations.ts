// Writes the alert rules, their tests, the dashboard and docs/metrics.md from the list of instruments; a test fails when they are stale.
import { dashboardText } from './operations/dashboard.ts';
import { metricsPage } from './operations/metrics-page.ts';
import { rulesTestText, rulesText, scrapeText } from './operations/prometheus.ts';
import { type GeneratedFiles, writeGenerated } from './write-generated.ts';

/** Every generated file, by its path in the repository. */
export const OPERATIONS_FILES: GeneratedFiles = {
  'deploy/prometheus/prometheus.yml': scrapeText,
  'deploy/prometheus/wardline.rules.yml': () => rulesText(),
  'deploy/prometheus/wardline.rules.test.yml': () => rulesTestText(),
  'deploy/grafana/wardline.json': dashboardText,
  'docs/metrics.md': metricsPage,
};

writeGenerated(import.meta.url, OPERATIONS_FILES);
