import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installPackage, packedCheckout } from '../rig/package/package.ts';
import type { Installed } from '../rig/package/package.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
let installed: Installed;

beforeAll(async () => {
  testbed = await Testbed.build();
  installed = await installPackage(await packedCheckout());
}, 240_000);
afterAll(async () => {
  await installed.remove();
  await testbed.tearDown();
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
