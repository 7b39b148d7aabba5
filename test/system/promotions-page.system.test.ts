import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage } from '../../src/cli/page/ui.ts';
import type { LoopbackServer } from '../../src/platforms/local/loopback-server.ts';
import { contextOf } from '../rig/testbed/in-process.ts';
import { FULL_NAME, Testbed } from '../rig/testbed/testbed.ts';

const WEB = 'ghcr.io/acme/web';
let testbed: Testbed;
let page: LoopbackServer;
let cookie = '';
const stage = (name: string) => `${testbed.namespace}-${name}`;

beforeAll(async () => {
  const targets = ['dev', 'prod'].map((name) => ({ name: `NAMESPACE-${name}`, path: `apps/${name}`, wait: '20s' }));
  const after = { statuses: [{ context: 'e2e', by: 'ci-bot' }] };
  const promotions = [{ name: 'shop', stages: ['NAMESPACE-dev', 'NAMESPACE-prod'], after }];
  testbed = await Testbed.build({ targets, promotions, sweepIntervalMs: 3_600_000 });
  testbed.env['USER'] = 'jo';
  await testbed.start();
  const addresses: string[] = [];
  page = await openPage(
    contextOf(testbed, testbed.runtime(), () => undefined),
    { port: 0, option: '--port', isReadOnly: false, onAddress: (address) => addresses.push(address) },
  );
  const { headers } = await fetch(addresses[0] ?? '');
  cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
}, 60_000);
afterAll(async () => {
  await page.close();
  await testbed.tearDown();
});

function files(tags: Readonly<Record<string, string>>): Record<string, string> {
  const manifest = (name: string, tag: string) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `web-${name}` },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'web', image: `${WEB}:${tag}` }] },
        },
      },
    });
  return Object.fromEntries(Object.entries(tags).map(([name, tag]) => [`apps/${name}/web.json`, manifest(name, tag)]));
}

async function show(path: string): Promise<string> {
  return (await fetch(`${page.url}${path}`, { headers: { cookie } })).text();
}

function textOf(markup: string): string {
  return markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}

/** The hidden fields of the form that confirms the promotion. */
async function shownForm(): Promise<Record<string, string>> {
  const markup = await show(`/promotions/shop/${stage('prod')}`);
  const hidden = [...markup.matchAll(/type="hidden"\s+name="(\w+)"\s+value="([^"]*)"/g)];
  return Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
}

async function confirm(form: Record<string, string>): Promise<Response> {
  const headers = { cookie, origin: page.url };
  const body = new URLSearchParams(form);
  return fetch(`${page.url}/promotions/shop/${stage('prod')}`, { method: 'POST', headers, body, redirect: 'manual' });
}

async function tip(): Promise<string> {
  await testbed.git('fetch', '-q', 'origin', 'main');
  return testbed.git('rev-parse', 'FETCH_HEAD');
}

/** What `headgate promotions --output json` has of the step to prod. */
async function step(): Promise<Readonly<Record<string, unknown>>> {
  const { code, stdout, stderr } = await testbed.headgate('promotions', 'shop', '--output', 'json');
  expect(code, stderr).toBe(0);
  const [look] = JSON.parse(stdout) as readonly { readonly steps: readonly Readonly<Record<string, unknown>>[] }[];
  return look?.steps[0] ?? {};
}

it('headgate promotions and the page show what waits and why, and the page promotes what was confirmed', async () => {
  await testbed.converged(await testbed.push(files({ dev: '1.0.0', prod: '1.0.0' })));
  await expect
    .poll(step, { timeout: 20_000, interval: 500 })
    .toMatchObject({ outcome: 'current', reasons: [], edits: [] });
  const pushed = await testbed.push(files({ dev: '1.1.0' }));
  await testbed.outcome(pushed, 'deployed');
  const missing = `${stage('dev')}: the status e2e of ci-bot is missing on ${pushed.slice(0, 12)}`;
  await expect
    .poll(step, { timeout: 20_000, interval: 500 })
    .toMatchObject({ outcome: 'waits', reasons: [missing], edits: [{ key: WEB, from: '1.0.0', to: '1.1.0' }] });
  const { stdout } = await testbed.headgate('promotions');
  expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['SHOP', 'COMMIT', 'VERSIONS', 'SINCE', 'STATE'],
    [stage('dev'), pushed.slice(0, 12), 'web 1.1.0', expect.stringMatching(/^20\S+Z$/), 'ready'],
    [stage('prod'), expect.stringMatching(/^[0-9a-f]{12}$/), 'web 1.0.0', expect.stringMatching(/^20\S+Z$/), 'ready'],
    [`${stage('dev')} -> ${stage('prod')}: waits: ${missing}`],
    [`apps/prod/web.json:1: ${WEB} 1.0.0 -> 1.1.0`],
    [''],
  ]);
  expect(textOf(await show('/'))).toContain('1 promotion ');
  await expect
    .poll(async () => textOf(await show('/promotions')), { timeout: 20_000, interval: 500 })
    .toMatch(new RegExp(`${stage('dev')} ready .*1\\.1\\.0.*${stage('prod')} ready .*waits .*${missing}`));

  const outdated = await shownForm();
  const newer = await testbed.push(files({ dev: '1.2.0' }));
  await testbed.outcome(newer, 'deployed');
  await expect
    .poll(async () => (await shownForm())['plan'], { timeout: 20_000, interval: 500 })
    .toSatisfy((plan) => plan !== undefined && plan !== outdated['plan']);
  const refused = await confirm(outdated);
  expect([refused.status, textOf(await refused.text())]).toEqual([
    409,
    expect.stringContaining('the plan has changed since it was shown'),
  ]);
  expect(await tip()).toBe(newer);

  const events = await fetch(`${page.url}/events?promotions=all`, { headers: { cookie } });
  const heard = (async () => {
    for await (const chunk of events.body ?? []) if (Buffer.from(chunk).toString().includes('changed')) return true;
    return false;
  })();
  expect((await confirm(await shownForm())).status).toBe(303);
  await expect
    .poll(async () => textOf(await show('/promotions')), { timeout: 30_000, interval: 500 })
    .toContain('promote succeeded');
  expect(await heard).toBe(true);
  expect(await testbed.git('show', '-s', '--format=%(trailers:key=Headgate-Promotion-By)', await tip())).toContain(
    'Headgate-Promotion-By: jo',
  );
  expect(await testbed.git('rev-list', '--count', `${newer}..FETCH_HEAD`)).toBe('1');
  await testbed.outcome(await tip(), 'deployed');
  await expect
    .poll(step, { timeout: 20_000, interval: 500 })
    .toMatchObject({ outcome: 'current', reasons: [], edits: [] });
}, 180_000);

it('headgate promotions shows what cannot be read, and exits with 1', async () => {
  testbed.host.faults = { git: { status: 503, times: 1_000, after: 0 } };
  const { code, stdout } = await testbed.headgate('promotions', '--output', 'json');
  testbed.host.faults = {};
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([
    {
      stages: [
        { revision: expect.any(String), versions: [], problem: { subject: expect.stringContaining(FULL_NAME) } },
        {},
      ],
    },
  ]);
  const unknown = await testbed.headgate('promotions', 'shpo');
  expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('Did you mean shop?')]);
}, 120_000);
