import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../src/cli/chromium.ts';

const path = findChromium(process.env);
/** Why there is no browser; undefined when there is one. */
export const browserMissing = path === undefined ? 'no Chromium: install the package chromium' : undefined;

export async function openBrowser(): Promise<Browser> {
  if (path === undefined) throw new Error(browserMissing);
  return chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page, and everything that went wrong in it: errors, refused loads, violations of its policy. */
export async function openPage(browser: Browser, url: string, options: Parameters<Browser['newContext']>[0] = {}) {
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page: Page = await context.newPage();
  const faults: string[] = [];
  const elsewhere: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) elsewhere.push(request.url());
  });
  page.setDefaultTimeout(10_000);
  // Scripts for the page are text: this process, like the product, makes no code out of functions or text.
  await page.addInitScript({
    content: `globalThis.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));`,
  });
  await page.goto(url);
  return {
    page,
    faults,
    elsewhere,
    violations: () => page.evaluate<string[]>('violations'),
    close: () => context.close(),
  };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the page as it stands, one line each. */
export async function axe(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger: the policy of the page would rightly refuse a script that is put into it.
  await page.evaluate(axeSource);
  return page.evaluate<
    string[]
  >(`axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, any }) => html.slice(0, 120) + ' ' + (any[0]?.message ?? '')).join(' | ')))`);
}
