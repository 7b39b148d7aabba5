import { generateKeyPairSync } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';

let house: House;
afterEach(() => house.tearDown());

it('deploys from a private repository as a GitHub App, with a token for that repository and no more', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  house = await House.build({ app: { app: '12345', installation: '678', privateKey: 'env:APP_KEY' } });
  house.env['APP_KEY'] = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const permissions = { contents: 'write', statuses: 'write', metadata: 'read' } as const;
  const repositories = new Map([
    ['acme/fleet', 1],
    ['acme/other', 2],
  ]);
  house.host.apps.register({ app: '12345', installation: '678', publicKey, repositories, permissions });
  await house.start();

  const first = await house.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
  expect(await house.outcome(first)).toMatchObject({ verdict: 'deployed', warnings: [] });
  const second = await house.push({ 'apps/web.yaml': configMap('web', { colour: 'green' }) });
  expect(await house.outcome(second)).toMatchObject({ verdict: 'deployed' });
  expect(await house.configMaps()).toEqual({ web: { colour: 'green' } });
  await house.host.settled();
  expect(house.host.statusesOf(second).at(-1)?.state).toBe('success');

  const { issued } = house.host.apps;
  expect(issued).toMatchObject([
    { repositories: ['acme/fleet'], permissions: { contents: 'read', statuses: 'write' } },
  ]);
  expect(JSON.stringify(house.log)).not.toContain(issued[0]?.token);
});
