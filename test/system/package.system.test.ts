import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installPackage, packCheckout } from '../rig/package/package.ts';
import type { Installed } from '../rig/package/package.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
let directory = '';
let installed: Installed;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-pack-'));
  testbed = await Testbed.build();
  installed = await installPackage(await packCheckout(directory));
}, 240_000);
afterAll(async () => {
  await installed.remove();
  await testbed.tearDown();
  await rm(directory, { recursive: true });
});

it('lets the installed npm package check, plan and deploy, without a checkout', async () => {
  const config = join(testbed.directory, 'headgate.yml');
  await writeFile(config, testbed.config);
  const env = { FLEET_TOKEN: testbed.env['FLEET_TOKEN'], FLEET_SECRET: testbed.env['FLEET_SECRET'] };
  const headgate = (...args: readonly string[]) => installed.headgate([...args, '--config', config], { env });
  await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });

  expect((await headgate('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const checked = await headgate('check');
  expect([checked.code, checked.stderr]).toEqual([0, '']);
  const planned = await headgate('plan', testbed.namespace);
  expect([planned.code, planned.stdout]).toEqual([2, expect.stringContaining('apps/a.yaml')]);
  const deployed = await headgate('deploy', testbed.namespace);
  expect([deployed.code, deployed.stdout]).toEqual([0, expect.stringContaining('1 created')]);
  expect(await testbed.configMaps()).toMatchObject({ a: { v: '1' } });
}, 120_000);
