import { afterEach, beforeEach, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';

let house: House;

beforeEach(async () => {
  house = await House.build();
  await house.start();
});

afterEach(async () => {
  await house.tearDown();
});

it('brings a push to the cluster and says so on the commit', async () => {
  const revision = await house.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
  const outcome = await house.outcome(revision);
  expect(outcome).toMatchObject({ message: 'deployed', created: 1, updated: 0, pruned: 0, previous: null });
  expect(await house.configMaps()).toEqual({ web: { colour: 'blue' } });
  await house.host.settled();
  expect(house.host.statusesOf(revision).map(({ state, description }) => [state, description])).toEqual([
    ['pending', 'applying'],
    ['success', expect.stringMatching(/^1 created, ready in \d+\.\d s$/)],
  ]);

  const edited = await house.push({
    'apps/web.yaml': configMap('web', { colour: 'green' }),
    'apps/api.yaml': configMap('api'),
  });
  expect(await house.outcome(edited)).toMatchObject({
    verdict: 'deployed',
    created: 1,
    updated: 1,
    previous: revision,
  });
  expect(await house.configMaps()).toEqual({ web: { colour: 'green' }, api: {} });

  const removed = await house.push({ 'apps/api.yaml': null });
  expect(await house.outcome(removed)).toMatchObject({ verdict: 'deployed', pruned: 1 });
  expect(await house.configMaps()).toEqual({ web: { colour: 'green' } });
});
