import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage } from '../../src/cli/page/ui.ts';
import type { LoopbackServer } from '../../src/platforms/local/loopback-server.ts';
import { contextOf } from '../rig/testbed/in-process.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const APPROVED = { approval: 'plan', wait: '0s' };
let testbed: Testbed;
let page: LoopbackServer;
let cookie = '';

beforeAll(async () => {
  testbed = await Testbed.build({
    pullRequests: {},
    targets: [{}, { ...APPROVED, name: 'approved', path: 'approved' }],
  });
  testbed.env['USER'] = 'jo';
  await testbed.start();
  const addresses: string[] = [];
  const runtime = testbed.runtime();
  const onAddress = (address: string) => addresses.push(address);
  page = await openPage(
    contextOf(testbed, runtime, () => undefined),
    { port: 0, option: '--port', isReadOnly: false, onAddress },
  );
  const { headers } = await fetch(addresses[0] ?? '');
  cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
});
afterAll(async () => {
  await page.close();
  await testbed.tearDown();
});

async function show(path: string): Promise<string> {
  return (await fetch(`${page.url}${path}`, { headers: { cookie } })).text();
}

/** The text of the page without its markup. */
function textOf(markup: string): string {
  return markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}

/** Confirms an action on its form, as a browser does. */
async function confirm(
  action: string,
  fields: Readonly<Record<string, string>> = {},
  target = testbed.namespace,
): Promise<number> {
  const path = `/targets/${target}/${action}`;
  const hidden = [...(await show(path)).matchAll(/type="hidden"\s+name="(\w+)"\s+value="([^"]*)"/g)];
  const body = new URLSearchParams({
    ...Object.fromEntries(hidden.map(([, name, value]) => [name, value])),
    ...fields,
  });
  const headers = { cookie, origin: page.url };
  const { status } = await fetch(`${page.url}${path}`, { method: 'POST', headers, body, redirect: 'manual' });
  return status;
}

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'example.test/web:1' }] },
    },
  },
};

it('the page shows what was deployed, with its objects down to pods, and what a deploy would change', async () => {
  const { namespace } = testbed;
  const revision = await testbed.push({ 'apps/web.yaml': JSON.stringify(DEPLOYMENT), 'apps/a.yaml': configMap('a') });
  await testbed.outcome(revision, 'deployed');
  const fleet = textOf(await show('/'));
  expect(fleet).toContain('2 of 2 targets');
  expect(fleet).toContain(revision.slice(0, 12));
  await expect
    .poll(async () => textOf(await show(`/targets/${namespace}`)), { timeout: 20_000, interval: 500 })
    .toMatch(/Deployment web .*ReplicaSet web-\S+ .*Pod web-\S+ .*Pod web-\S+/);
  expect(textOf(await show(`/targets/${namespace}`))).toMatch(/Events .*Deployed .*ConfigMap headgate-\S+ /);
  await testbed.kubectl('-n', namespace, 'patch', 'configmap', 'a', '--type=merge', '-p', '{"data":{"v":"by hand"}}');
  expect(textOf(await show(`/targets/${namespace}`))).toMatch(/ConfigMap a may have drifted/);
  expect(textOf(await show(`/targets/${namespace}/plan`))).toContain('no changes');
}, 60_000);

it('the page holds a target, shows the hold, and releases it, as the commands do', async () => {
  const { namespace } = testbed;
  expect(await confirm('hold', { reason: 'incident 4711', until: '' })).toBe(303);
  await expect.poll(async () => textOf(await show(`/targets/${namespace}`))).toContain('hold succeeded');
  expect(textOf(await show('/?show=held'))).toMatch(/1 of 2 targets.*held by jo since .*: incident 4711/);
  const { stdout } = await testbed.headgate('status', namespace, '--output', 'json');
  expect(JSON.parse(stdout)).toMatchObject([{ hold: { by: 'jo', reason: 'incident 4711' } }]);

  const held = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
  await testbed.outcome(held, 'waiting');
  expect(textOf(await show(`/targets/${namespace}/release`))).toMatch(/1 to update.*ConfigMap \S*\/a/);
  expect(await confirm('release')).toBe(303);
  await expect
    .poll(async () => textOf(await show(`/targets/${namespace}`)), { timeout: 40_000, interval: 500 })
    .toContain('release succeeded');
  expect(await testbed.configMaps()).toMatchObject({ a: { v: '2' } });
}, 90_000);

it('the page deploys the plan that was approved on it, and no other', async () => {
  const { namespace } = testbed;
  const values = async () => (await testbed.configMaps())['b']?.['v'];
  await testbed.push({ 'approved/b.yaml': configMap('b', { v: '1' }) });
  const shown = () => show('/targets/approved');
  await expect
    .poll(async () => textOf(await shown()), { timeout: 30_000, interval: 500 })
    .toMatch(/Approve .*Waits for approval/);
  expect((await show(`/targets/${namespace}/approve`)).includes('does not exist')).toBe(true);
  expect(textOf(await show('/targets/approved/approve'))).toMatch(/1 to create.*ConfigMap \S*\/b.*Plan [0-9a-f]{32} /);

  expect(await confirm('approve', { hash: '0'.repeat(32) }, 'approved')).toBe(303);
  await expect.poll(async () => textOf(await shown()), { timeout: 30_000, interval: 500 }).toContain('approve failed');
  expect(await values()).toBeUndefined();
  expect(await confirm('approve', {}, 'approved')).toBe(303);
  await expect
    .poll(async () => textOf(await shown()), { timeout: 30_000, interval: 500 })
    .toContain('approve succeeded');
  expect(await values()).toBe('1');
}, 120_000);

it('the page does not deploy a commit whose plan was not shown', async () => {
  const { namespace } = testbed;
  await testbed.stop();
  expect(await confirm('deploy', { revision: 'b'.repeat(40) })).toBe(409);
  expect(textOf(await show(`/targets/${namespace}`))).not.toContain('deploy is running');
}, 60_000);
