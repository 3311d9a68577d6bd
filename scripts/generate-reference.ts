// Writes docs/reference/ from the commands and from the schema of the settings; a test fails when the pages are stale.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandsPage } from './reference/commands-page.ts';
import { settingsPage } from './reference/settings-page.ts';

/** Every page, by its path in the repository. */
export const REFERENCE_PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/commands.md': commandsPage,
  'docs/reference/settings.md': settingsPage,
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const home = resolve(import.meta.dirname, '..');
  for (const [path, text] of Object.entries(REFERENCE_PAGES)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text());
  }
  console.log(`wrote ${Object.keys(REFERENCE_PAGES).length} pages to docs/reference/`);
}
