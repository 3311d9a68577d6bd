import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Files that a script makes, by their path in the repository. */
export type GeneratedFiles = Readonly<Record<string, () => string>>;

/** Writes them where the script itself was started; a test that imports it for its texts writes nothing. */
export function writeGenerated(script: string, files: GeneratedFiles): void {
  if (script !== pathToFileURL(process.argv[1] ?? '').href) return;
  const home = resolve(import.meta.dirname, '..');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text());
  }
  const folders = [...new Set(Object.keys(files).map((path) => `${path.slice(0, path.indexOf('/'))}/`))];
  console.log(`wrote ${Object.keys(files).length} files to ${folders.join(' and ')}`);
}
