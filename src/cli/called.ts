import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Io } from './io.ts';

/** How this command line is called in what a person is to type next: through npx, unless a shell finds it alone. */
export function calledAs({ environment }: Io): string {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const byNpm = environment['npm_command'] !== undefined;
  return !byNpm && folders.some((folder) => existsSync(join(folder, 'wardline'))) ? 'wardline' : 'npx wardline';
}
