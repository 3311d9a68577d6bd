import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Environment } from '../config/references.ts';
import { WardlineError } from '../shared/errors.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];
const TIMEOUT_MS = 120_000;

/** The browser that prints: WARDLINE_CHROMIUM, else the first of the usual names on the PATH. */
export function findChromium(environment: Environment): string | undefined {
  const named = environment['WARDLINE_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** The browser that prints; throws `usage` when there is none. */
export function requireChromium(environment: Environment): string {
  const browser = findChromium(environment);
  if (browser === undefined)
    throw new WardlineError('usage', `pdf needs Chromium or Chrome; none of ${NAMES.join(', ')} is on the PATH (or set WARDLINE_CHROMIUM)`);
  if (!isExecutable(browser))
    throw new WardlineError('usage', `pdf needs Chromium or Chrome; WARDLINE_CHROMIUM names ${browser}, which cannot be run`);
  return browser;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Prints one HTML file to PDF with a browser that is already there. The page needs no network and gets none. The PDF
 * carries the time it was made; the HTML is the form that is the same every time.
 */
export async function printPdf(html: string, out: string, environment: Environment): Promise<void> {
  const browser = requireChromium(environment);
  const folder = mkdtempSync(join(tmpdir(), 'wardline-pdf-'));
  const page = join(folder, 'report.html');
  writeFileSync(page, html, { mode: 0o600 });
  const args = [
    '--headless',
    // A container has no user namespaces for the sandbox; the page is our own, without scripts.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-pdf-header-footer',
    `--user-data-dir=${join(folder, 'profile')}`,
    `--print-to-pdf=${resolve(out)}`,
    pathToFileURL(page).href,
  ];
  try {
    await new Promise<void>((done, fail) => {
      execFile(browser, args, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, _stdout, stderr) => {
        if (error === null) done();
        else
          fail(
            new WardlineError(
              'internal',
              `${browser} did not print: ${error.killed ? 'no answer in two minutes' : stderr.trim().slice(-300)}`,
            ),
          );
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
