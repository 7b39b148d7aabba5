import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPage } from '../../../src/cli/page/page-server.ts';
import type { Activities, Confirmed } from '../../../src/cli/page/activities.ts';
import type { Activity } from '../../../src/page/model.ts';
import type { LoopbackServer } from '../../../src/platforms/local/loopback-server.ts';
import { AXE, startBrowser } from '../../rig/page/browser.ts';
import { generatedReader, HOSTILE, NOW, PLAN } from '../../rig/page/generated-fleet.ts';

const IS_OPEN = "document.querySelector('details').open";
const HELD = 'mail-prod-eu-3';
const PROMOTE = '/promotions/shop/shop-staging?from=shop-dev';
const WAITING = 'search-staging-137';
/** Enough to have a target in each condition. */
const reader = generatedReader(220);
let browser: Browser;
let axe = '';

beforeAll(async () => {
  [browser, axe] = await Promise.all([startBrowser(), readFile(AXE, 'utf8')]);
}, 120_000);
afterAll(() => browser.close());

let server: LoopbackServer;
let context: BrowserContext;
const addresses: string[] = [];
const confirmed: Confirmed[] = [];
let activity: Activity | null = null;

const activities: Activities = {
  start(action) {
    confirmed.push(action);
    return true;
  },
  of: () => activity,
  settled: async () => undefined,
};

beforeEach(async () => {
  addresses.splice(0);
  confirmed.splice(0);
  activity = null;
  server = await startPage({
    port: 0,
    option: '--port',
    reader,
    openActivities: () => activities,
    onAddress: (address) => addresses.push(address),
    log: () => undefined,
    nowMs: () => NOW,
  });
});
afterEach(async () => {
  await context.close();
  await server.close();
});

interface Opened {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly scripts?: boolean;
}

/** A browser that has opened the printed address. Every request that it makes to another host fails the test. */
async function open({ scheme = 'light', width = 1280, scripts = true }: Opened = {}): Promise<Page> {
  context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: 900 },
    javaScriptEnabled: scripts,
    // axe is put into the page by the test; the policy of the page itself is asserted with the other headers.
    bypassCSP: false,
  });
  const page = await context.newPage();
  page.on('request', (request) => expect(new URL(request.url()).origin).toBe(server.url));
  await page.goto(addresses.at(-1) ?? '');
  await page.waitForURL(`${server.url}/`);
  return page;
}

/** Violations of WCAG 2.2, levels A and AA. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(`(async () => {
    ${axe}
    const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary));
  })()`) as Promise<readonly string[]>;
}

/** For a person who looks: HEADGATE_SCREENSHOTS names a directory. */
async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env['HEADGATE_SCREENSHOTS'];
  if (directory === undefined) return;
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}

describe('the page in a browser', () => {
  it.each([
    ['fleet-light', '/', { scheme: 'light' }],
    ['fleet-dark-failing', '/?show=failing&group=repository', { scheme: 'dark' }],
    ['fleet-phone', '/?q=shop', { width: 390 }],
    ['target-held', `/targets/${HELD}`, { scheme: 'light' }],
    ['plan-dark', `/targets/${HELD}/plan`, { scheme: 'dark' }],
    ['rollback', `/targets/${HELD}/rollback`, { scheme: 'light' }],
    ['target-waiting', `/targets/${WAITING}`, { scheme: 'light' }],
    ['approve', `/targets/${WAITING}/approve`, { scheme: 'light' }],
    ['approve-phone-dark', `/targets/${WAITING}/approve`, { scheme: 'dark', width: 390 }],
    ['images', '/images', { scheme: 'light' }],
    ['images-phone-dark', '/images', { scheme: 'dark', width: 390 }],
    ['target-phone-dark', `/targets/${HELD}`, { scheme: 'dark', width: 390 }],
    ['hold', `/targets/${HELD}/hold`, { scheme: 'dark' }],
    ['promotions', '/promotions', { scheme: 'light' }],
    ['promotions-phone-dark', '/promotions', { scheme: 'dark', width: 390 }],
    ['promote', PROMOTE, { scheme: 'light' }],
    ['promote-phone-dark', PROMOTE, { scheme: 'dark', width: 390 }],
  ] as const)(
    'meets WCAG AA and is as wide as its window: %s',
    async (name, address, options) => {
      const page = await open(options);
      await page.goto(`${server.url}${address}`);
      await picture(page, name);
      expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0);
      expect(await violationsOf(page)).toEqual([]);
    },
    60_000,
  );

  it('shows markup in subjects, authors, names, reasons and annotations as text', async () => {
    const page = await open();
    for (const address of [
      '/',
      `/targets/${HELD}`,
      `/targets/${HELD}/plan`,
      `/targets/${HELD}/rollback`,
      '/images',
      '/promotions',
      PROMOTE,
    ]) {
      await page.goto(`${server.url}${address}`);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).not.toContain('owned');
      expect(await page.getByText(HOSTILE.slice(0, 20)).count()).toBeGreaterThan(0);
    }
  }, 60_000);

  it('takes the token out of the address, the history and the page', async () => {
    const page = await open();
    expect(page.url()).toBe(`${server.url}/`);
    expect(await page.evaluate('history.length')).toBeLessThanOrEqual(2);
    expect(await page.content()).not.toContain('token=');
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('filters while one types, and by its address without scripts', async () => {
    const page = await open();
    await page.getByRole('searchbox').fill('incident 4711');
    const rows = page.locator('.fleet tbody tr:visible');
    const typed = await rows.count();
    expect(typed).toBeGreaterThan(0);
    expect(typed).toBeLessThan(30);
    await context.close();
    const plain = await open({ scripts: false });
    await plain.getByRole('searchbox').fill('incident 4711');
    await plain.getByRole('button', { name: 'Show' }).click();
    expect(await plain.locator('.fleet tbody tr').count()).toBe(typed);
  }, 60_000);

  it('works with the keyboard alone', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.id')).toBe('search');
    await page.keyboard.type(HELD);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\?q=/);
    await page.getByRole('link', { name: HELD, exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.url}/targets/${HELD}`);
    await page.locator('summary').first().focus();
    const wasOpen = await page.evaluate(IS_OPEN);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(IS_OPEN)).toBe(!wasOpen);
  }, 60_000);

  it('shows the plan before an action, and sends exactly what was confirmed', async () => {
    const page = await open();
    await page.goto(`${server.url}/targets/${HELD}`);
    await page.getByRole('link', { name: 'Release' }).click();
    await page.getByText('Deployment.apps shop/web').waitFor();
    await page.getByRole('button', { name: 'Release' }).click();
    await page.waitForURL(`${server.url}/targets/${HELD}`);
    expect(confirmed).toMatchObject([{ action: 'release', target: { name: HELD } }]);

    await page.getByRole('link', { name: 'Change hold' }).click();
    await page.getByLabel(/^Reason/).fill('incident 4712');
    await page.getByLabel(/^Until/).fill('2h');
    await page.getByRole('button', { name: 'Hold' }).click();
    await page.waitForURL(`${server.url}/targets/${HELD}`);
    expect(confirmed[1]).toMatchObject({ action: 'hold', reason: 'incident 4712', until: { inMs: 7_200_000 } });
  }, 60_000);

  it('approves exactly the plan that it shows, on the target that waits for it', async () => {
    const page = await open({ scripts: false });
    await page.goto(`${server.url}/targets/${HELD}`);
    expect(await page.getByRole('link', { name: 'Approve' }).count()).toBe(0);
    expect((await page.goto(`${server.url}/targets/${HELD}/approve`))?.status()).toBe(404);
    await page.goto(`${server.url}/targets/${WAITING}`);
    expect(await page.getByRole('link', { name: 'Deploy', exact: true }).count()).toBe(0);
    await page.getByRole('link', { name: 'Approve' }).click();
    await page.getByText('Deployment.apps shop/web').waitFor();
    await page.getByText(PLAN.hash ?? '').waitFor();
    await page.getByRole('button', { name: 'Approve the plan' }).click();
    await page.waitForURL(`${server.url}/targets/${WAITING}`);
    expect(confirmed).toMatchObject([{ action: 'approve', target: { name: WAITING }, hash: PLAN.hash }]);
  }, 60_000);

  it('leads from the targets to the images, and shows why one is not at its newest version', async () => {
    const page = await open({ scripts: false });
    await page.getByRole('link', { name: '3 image policies' }).click();
    await page.waitForURL(`${server.url}/images`);
    const mail = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'mail' }) });
    for (const text of ['build-41, build-44', 'build-45', 'and reverted', 'within 5m', 'newest numerical tag'])
      expect(await mail.getByText(text).count(), text).toBeGreaterThan(0);
    expect(await page.locator('#live').getAttribute('data-events')).toBe('');
  }, 60_000);

  it('shows the stages of a promotion from left to right, what waits, and what would move', async () => {
    const page = await open();
    await page.getByRole('link', { name: '2 promotions' }).click();
    await page.waitForURL(`${server.url}/promotions`);
    const lefts = ['shop-dev', 'shop-staging', 'shop-eu', 'shop-global'].map(async (name) => {
      const box = await page.getByRole('article', { name, exact: true }).boundingBox();
      return box?.x ?? 0;
    });
    const [dev = 0, staging = 0, eu = 0, global = 0] = await Promise.all(lefts);
    expect(dev < staging && staging < eu && eu < global).toBe(true);
    const second = page.getByRole('article', { name: 'shop-staging', exact: true });
    for (const text of ['1.14.3', 'held', 'it soaks until', 'the status e2e of ci-bot is missing', '1.15.0'])
      expect(await second.getByText(text).count(), text).toBeGreaterThan(0);
    await page.getByText('live', { exact: true }).waitFor();
  }, 60_000);

  it('promotes exactly the edits that it shows, after it has shown them', async () => {
    const page = await open({ scripts: false });
    await page.goto(`${server.url}/promotions`);
    await page.getByRole('link', { name: 'Promote to shop-staging' }).click();
    for (const text of ['clusters/shop-staging/web.yaml:12', '1.15.0', 'Bypassed', 'Sets a hold'])
      expect(await page.getByText(text).count(), text).toBeGreaterThan(0);
    expect(confirmed).toEqual([]);
    await page.getByRole('button', { name: 'Promote' }).click();
    await page.waitForURL(`${server.url}/promotions`);
    expect(confirmed).toMatchObject([{ action: 'promote', from: 'shop-dev', target: { name: 'shop-staging' } }]);
  }, 60_000);

  it('shows the events of a target and of its objects', async () => {
    const page = await open();
    await page.goto(`${server.url}/targets/${HELD}`);
    const events = page.getByRole('region', { name: 'Events' });
    expect(await events.getByRole('row').count()).toBe(3);
    expect(await events.getByText('14 times').count()).toBe(1);
  }, 60_000);

  it('shows what an action does without being loaded again', async () => {
    activity = { action: 'deploy', startedAt: new Date(NOW).toISOString(), state: 'running', text: '' };
    const page = await open();
    await page.goto(`${server.url}/targets/${HELD}`);
    await page.getByText('deploy is running').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    activity = { ...activity, state: 'done', text: `${HELD}: deployed` };
    await page.getByText('deploy succeeded').waitFor();
    expect(await page.getByText(`${HELD}: deployed`).count()).toBe(1);
  }, 60_000);
});
