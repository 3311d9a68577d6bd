// Writes docs/reference/ from the commands and from the schema of the settings; a test fails when the pages are stale.
import { anomaliesPage } from './reference/anomalies-page.ts';
import { commandsPage } from './reference/commands-page.ts';
import { settingsPage } from './reference/settings-page.ts';
import { type GeneratedFiles, writeGenerated } from './write-generated.ts';

/** Every page, by its path in the repository. */
export const REFERENCE_PAGES: GeneratedFiles = {
  'docs/reference/anomalies.md': anomaliesPage,
  'docs/reference/commands.md': commandsPage,
  'docs/reference/settings.md': settingsPage,
};

writeGenerated(import.meta.url, REFERENCE_PAGES);
