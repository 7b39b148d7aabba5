import { afterEach, beforeEach, expect, it } from 'vitest';
import { SECRET, Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});

afterEach(async () => {
  await testbed.tearDown();
});

it('leaves the status of a commit as it is when its delivery is sent again', async () => {
  const revision = await testbed.push({ 'apps/web.yaml': configMap('web') });
  await testbed.outcome(revision, 'deployed');
  await testbed.host.settled();
  const before = testbed.host.statusesOf(revision);
  await testbed.host.redeliver(testbed.host.deliveries[0]?.id ?? '');
  expect(await testbed.outcome(revision, 'unchanged')).toMatchObject({ requests: { host: 0 } });
  expect(testbed.host.statusesOf(revision)).toEqual(before);
  expect(before.at(-1)?.description).toMatch(/^1 created/);
});

it('deploys a push that is delivered as a form', async () => {
  const [webhook] = testbed.host.webhooksOf('acme/fleet');
  testbed.host.setWebhook('acme/fleet', { url: webhook?.url ?? '', secret: SECRET, contentType: 'form' });
  const revision = await testbed.push({ 'apps/web.yaml': configMap('web') });
  expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 1 });
  expect(testbed.host.deliveries.map(({ status }) => status)).toEqual([202]);
});

it('deploys a push to the cluster and reports on the commit', async () => {
  const revision = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
  const outcome = await testbed.outcome(revision);
  expect(outcome).toMatchObject({ message: 'deployed', created: 1, updated: 0, pruned: 0, previous: null });
  expect(await testbed.configMaps()).toEqual({ web: { colour: 'blue' } });
  await testbed.host.settled();
  expect(testbed.host.statusesOf(revision).map(({ state, description }) => [state, description])).toEqual([
    ['pending', 'applying'],
    ['success', expect.stringMatching(/^1 created, ready in \d+\.\d s$/)],
  ]);

  const edited = await testbed.push({
    'apps/web.yaml': configMap('web', { colour: 'green' }),
    'apps/api.yaml': configMap('api'),
  });
  expect(await testbed.outcome(edited)).toMatchObject({
    verdict: 'deployed',
    created: 1,
    updated: 1,
    previous: revision,
  });
  expect(await testbed.configMaps()).toEqual({ web: { colour: 'green' }, api: {} });

  const removed = await testbed.push({ 'apps/api.yaml': null });
  expect(await testbed.outcome(removed)).toMatchObject({ verdict: 'deployed', pruned: 1 });
  expect(await testbed.configMaps()).toEqual({ web: { colour: 'green' } });
});
