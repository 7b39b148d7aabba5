import { afterAll, beforeAll, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build({ objectFormat: 'sha256' });
  await testbed.start();
});

afterAll(() => testbed.tearDown());

it('deploys a repository whose object ids are SHA-256, by pushes, sweeps and commands', async () => {
  const first = await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') });
  expect(first).toHaveLength(64);
  expect(await testbed.outcome(first)).toMatchObject({ verdict: 'deployed', created: 2, revision: first });
  const second = await testbed.push({ 'apps/a.yaml': configMap('a', { k: 'v' }), 'apps/b.yaml': null });
  expect(await testbed.outcome(second)).toMatchObject({ verdict: 'deployed', updated: 1, pruned: 1, previous: first });
  await testbed.host.settled();
  expect(testbed.host.statusesOf(second).at(-1)).toMatchObject({ state: 'success' });
  const state = (await testbed.get('configmap', `headgate-${testbed.namespace}`))?.['metadata'];
  expect(state).toMatchObject({ annotations: { 'headgate.dev/revision': second } });
  expect(await testbed.headgate('plan', testbed.namespace, '--revision', first)).toMatchObject({ code: 2 });

  testbed.host.faults = { lose: () => true };
  const lost = await testbed.push({ 'apps/c.yaml': configMap('c') });
  expect(await testbed.headgate('sweep')).toMatchObject({ code: 0 });
  expect((await testbed.get('configmap', `headgate-${testbed.namespace}`))?.['metadata']).toMatchObject({
    annotations: { 'headgate.dev/revision': lost },
  });
  expect(Object.keys(await testbed.configMaps()).toSorted()).toEqual(['a', 'c']);
});
