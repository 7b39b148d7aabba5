import { generateKeyPairSync } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
afterEach(() => testbed.tearDown());

it('deploys from a private repository as a GitHub App, with a token for that repository alone', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  testbed = await Testbed.build({ app: { app: '12345', installation: '678', privateKey: 'env:APP_KEY' } });
  testbed.env['APP_KEY'] = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const permissions = { contents: 'write', statuses: 'write', metadata: 'read' } as const;
  const repositories = new Map([
    ['acme/fleet', 1],
    ['acme/other', 2],
  ]);
  testbed.host.apps.register({ app: '12345', installation: '678', publicKey, repositories, permissions });
  await testbed.start();

  const first = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
  expect(await testbed.outcome(first)).toMatchObject({ verdict: 'deployed', warnings: [] });
  const second = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'green' }) });
  expect(await testbed.outcome(second)).toMatchObject({ verdict: 'deployed' });
  expect(await testbed.configMaps()).toEqual({ web: { colour: 'green' } });
  await testbed.host.settled();
  expect(testbed.host.statusesOf(second).at(-1)?.state).toBe('success');

  const { issued } = testbed.host.apps;
  expect(issued).toMatchObject([
    { repositories: ['acme/fleet'], permissions: { contents: 'read', statuses: 'write' } },
  ]);
  expect(JSON.stringify(testbed.log)).not.toContain(issued[0]?.token);
});
