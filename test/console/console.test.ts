import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addToken } from '../../src/admin/tokens.ts';
import { runEngine } from '../../src/app.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { at } from '../../src/shared/nested.ts';
import { openStore } from '../../src/store/store.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { adminPort } from '../support/admin-port.ts';
import { axe, browserMissing, openBrowser, openPage } from './browser.ts';

if (browserMissing !== undefined) {
  if (process.env['WARDLINE_REQUIRE_SERVERS'] === '1') throw new Error(browserMissing);
  console.log(`tests of the console are skipped: ${browserMissing}`);
}

const SHOTS = process.env['WARDLINE_SCREENSHOTS'] ?? join(tmpdir(), 'wardline-console');
/** What an attacker writes where it will be looked at. */
const HOSTILE = [
  '<img src=x onerror="alert(1)">',
  '<script>alert(2)</script>',
  '"><svg/onload=alert(3)>',
  "javascript:alert(4)//'",
  '{{constructor.constructor("alert(5)")()}}',
  '\u202Ecod.exe\u0007\u001b[31m',
];

describe.skipIf(browserMissing !== undefined)('the console in a real browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-console-test-'));
  const file = join(folder, 'events.ndjson');
  const stop = new AbortController();
  const admin = adminPort();
  const tokens = join(folder, 'wardline-tokens.json');
  const token = { operator: '', viewer: '' };
  let running: Promise<unknown>;
  let browser: Browser;
  let url = '';

  const event = (user: string, action: string, minutesAgo: number, address = '203.0.113.9'): string =>
    `${JSON.stringify({ '@timestamp': new Date(Date.now() - minutesAgo * 60_000).toISOString(), user: { name: user }, event: { action }, source: { ip: address } })}\n`;
  const stored = (id: string) => {
    const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
    const found = store.alerts.transitions(id).map(({ document }) => document);
    const audits = [...store.ledger.entries()].filter((entry) => entry['kind'] === 'audit');
    store.close();
    return { found, audits };
  };
  const shot = async (page: Page, name: string): Promise<void> => {
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };
  const signedIn = async (role: keyof typeof token, options: Parameters<typeof openPage>[2] = {}) => {
    const opened = await openPage(browser, `${url}/`, options);
    await opened.page.getByLabel('Token').fill(token[role]);
    await opened.page.keyboard.press('Enter');
    await opened.page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    return opened;
  };

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    token.operator = addToken(tokens, 'alice', 'operator', Date.now(), Date.now() + 3_600_000);
    token.viewer = addToken(tokens, 'victor', 'viewer', Date.now(), Date.now() + 3_600_000);
    writeFileSync(
      file,
      [0, 1, 2, 3, 4].map((n) => event('mallory', 'sign-in-failed', 30 - n)).join('') +
        event('root', 'console-sign-in', 20, '198.51.100.7') +
        HOSTILE.map((text) => event(text, 'log-cleared', 10)).join('') +
        '{"broken\n',
    );
    const settings = settingsSchema.parse({
      sources: [{ kind: 'file', name: 'identity-logs', path: file, mode: 'follow', format: 'json', logsource: { category: 'test' } }],
      sinks: [
        { kind: 'console', name: 'terminal' },
        { kind: 'webhook', name: 'soc', url: 'http://127.0.0.1:9/', insecure: true, allowPrivate: true },
      ],
      state: { path: join(folder, 'wardline.db') },
      admin: { listen: '127.0.0.1:0', tokens },
    });
    const rule = (title: string, id: string, level: string, action: string, more: object = {}) => ({
      title,
      id,
      level,
      description: `${title}, as the test sees it`,
      logsource: { category: 'test' },
      detection: { s: { 'event.action': action }, condition: 's' },
      ...more,
    });
    running = runEngine({
      settings,
      ruleset: rulesetOf(
        rule('Failed sign-in', 'failed_sign_in', 'low', 'sign-in-failed'),
        rule('Root signed in to the console', 'root_console', 'critical', 'console-sign-in', {
          tags: ['attack.initial-access', 'attack.t1078.004'],
        }),
        rule('Audit log was cleared', 'log_cleared', 'medium', 'log-cleared', { tags: ['attack.t1070.001'] }),
        {
          title: 'Brute force against one account',
          id: 'brute_force',
          level: 'high',
          description: 'Five failed sign-ins of one user within ten minutes.',
          tags: ['attack.credential-access', 'attack.t1110'],
          correlation: {
            type: 'event_count',
            rules: ['failed_sign_in'],
            'group-by': ['user.name'],
            timespan: '10m',
            condition: { gte: 5 },
          },
        },
      ),
      baseDir: folder,
      clock: systemClock,
      logger: admin.logger,
      telemetry: createTelemetry(settings.telemetry, 'silent', true),
      write: () => undefined,
      signal: stop.signal,
    });
    const port = await admin.port(running);
    url = `http://127.0.0.1:${port}`;
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    stop.abort();
    await running;
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('nobody sees anything without a token; a wrong one is told so', async () => {
    const { page, close } = await openPage(browser, `${url}/#/alerts`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.locator('table').count()).toBe(0);
    await page.getByLabel('Token').fill('wl_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('this token is not known').waitFor();
    await shot(page, 'sign-in');
    expect(await axe(page)).toEqual([]);
    await close();
  });

  test('every page shows what the engine knows, breaks no rule of accessibility and asks nobody else', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, faults, elsewhere, violations, close } = await signedIn('operator', { colorScheme });
      await page.getByRole('link', { name: 'Brute force against one account' }).waitFor();
      await shot(page, `alerts-${colorScheme}`);
      expect(await axe(page)).toEqual([]);
      await page.getByRole('link', { name: 'Brute force against one account' }).first().click();
      await page.getByRole('heading', { name: 'Brute force against one account' }).waitFor();
      await page.getByRole('cell', { name: 'user.name=mallory' }).or(page.getByText('mallory')).first().waitFor();
      await shot(page, `alert-${colorScheme}`);
      expect(await axe(page)).toEqual([]);
      for (const [name, seen] of [
        ['Rules', 'Root signed in to the console'],
        ['Sources', 'identity-logs'],
        ['Evidence', 'Head of the chain'],
      ] as const) {
        await page.getByRole('navigation').getByRole('link', { name }).click();
        await page.getByText(seen).first().waitFor();
        await shot(page, `${name.toLowerCase()}-${colorScheme}`);
        expect([name, await axe(page)]).toEqual([name, []]);
      }
      expect([faults, elsewhere, await violations()]).toEqual([[], [], []]);
      await close();
    }
  });

  test('what attackers wrote is shown and does nothing', async () => {
    const { page, faults, violations, close } = await signedIn('operator');
    for (const text of HOSTILE.slice(0, 5)) await page.getByText(text, { exact: false }).first().waitFor();
    await page.getByText('\\u{202e}cod.exe\\u{7}').first().waitFor();
    const links = await page.getByRole('link', { name: 'Audit log was cleared' }).all();
    expect(links.length).toBe(HOSTILE.length);
    for (let i = 0; i < links.length; i++) {
      await page.getByRole('link', { name: 'Audit log was cleared' }).nth(i).click();
      await page.getByRole('heading', { name: 'Audit log was cleared' }).waitFor();
      await page.getByText('The whole document').click();
      await page.goBack();
      await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    }
    expect(await page.locator('main script, main img, main svg, main iframe').count()).toBe(0);
    expect([faults, await violations()]).toEqual([[], []]);
    // The policy holds as well where our own code would fail.
    const refused = await page.evaluate(`(() => {
      try {
        document.body.innerHTML = '<img src=x>';
        return 'taken';
      } catch (error) {
        return error.name;
      }
    })()`);
    expect(refused).toBe('TypeError');
    await close();
  });

  test('the whole work on an alert is done with the keyboard, and is in the evidence', async () => {
    const { page, close } = await openPage(browser, `${url}/`);
    await page.getByLabel('Token').waitFor();
    await page.keyboard.type(token.operator);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    const until = async (name: string): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate<{ text: string; label: string; seen: boolean; outline: string }>(`(() => {
          const element = document.activeElement;
          return {
            text: element.textContent,
            label: element.closest('label')?.textContent ?? '',
            seen: element.getBoundingClientRect().width > 0,
            outline: getComputedStyle(element).outlineStyle,
          };
        })()`);
        if (focused.text !== name && !focused.label.startsWith(name)) continue;
        expect(focused).toMatchObject({ seen: true, outline: 'solid' });
        return;
      }
      throw new Error(`the keyboard does not reach ${name}`);
    };
    await until('Root signed in to the console');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Root signed in to the console' }).waitFor();
    const id = decodeURIComponent(new URL(page.url()).hash.replace('#/alert/', ''));
    await until('Acknowledge');
    await page.keyboard.press('Enter');
    await page.getByText('acknowledged', { exact: true }).first().waitFor();
    // Closing needs words.
    await until('Close');
    await page.keyboard.press('Enter');
    await page.getByText('Say why.').waitFor();
    await page.keyboard.type('known maintenance');
    await until('Judgement');
    await page.keyboard.press('b');
    await until('Close');
    await page.keyboard.press('Enter');
    await page.getByText('closed, benign').first().waitFor();
    await shot(page, 'closed');
    await expect
      .poll(() => stored(id).found.map((document) => at(document, 'wardline.alert.action.kind')), { timeout: 10_000 })
      .toContain('close');
    const { found, audits } = stored(id);
    expect(at(found.at(-1) ?? {}, 'wardline.alert.closed_by.by')).toBe('alice');
    expect(at(found.at(-1) ?? {}, 'wardline.alert.disposition.value')).toBe('benign');
    const told = audits.map((entry) => entry['body'] as Record<string, unknown>).filter((body) => body['object'] === id);
    expect(told.map(({ action, actor, address }) => [action, actor, address])).toEqual([
      ['alert.acknowledge', 'alice', '127.0.0.1'],
      ['alert.close', 'alice', '127.0.0.1'],
    ]);
    expect(String(told[1]?.['reason'])).toContain('known maintenance');
    await close();
  });

  test('a viewer looks and cannot act, with or without the page', async () => {
    const { page, close } = await signedIn('viewer');
    await page.getByRole('link', { name: 'Brute force against one account' }).first().click();
    await page.getByText('Your token may look, not act.').waitFor();
    expect(await page.getByRole('button', { name: 'Close' }).count()).toBe(0);
    const id = decodeURIComponent(new URL(page.url()).hash.replace('#/alert/', ''));
    const answer = await fetch(`${url}/api/alerts/${id}/actions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.viewer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'acknowledge' }),
    });
    expect(answer.status).toBe(403);
    await close();
  });

  test('filters narrow, live in the address, and signing out forgets the token', async () => {
    const { page, close } = await signedIn('viewer');
    await page.getByLabel('Level from').selectOption('high');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(2);
    expect(page.url()).toContain('level=high');
    await page.getByLabel('Text in it').fill('mallory');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie')).toBe('{}');
    await close();
  });

  test('a small screen scrolls the table, not the page', async () => {
    const { page, close } = await signedIn('viewer', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
    await page.getByRole('link', { name: 'Brute force against one account' }).waitFor();
    await shot(page, 'alerts-small');
    expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
    await close();
  });

  test('what comes later is there at the next look', async () => {
    appendFileSync(file, event('second-root', 'console-sign-in', 0, '192.0.2.44'));
    const { page, close } = await signedIn('viewer');
    await expect
      .poll(
        async () => {
          await page.getByRole('navigation').getByRole('link', { name: 'Sources' }).click();
          await page.getByRole('navigation').getByRole('link', { name: 'Alerts' }).click();
          await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
          return page.getByText('second-root').count();
        },
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0);
    await close();
  });
});
