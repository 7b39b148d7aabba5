import { afterEach, expect, it } from 'vitest';
import { SECRET, TOKEN, Testbed, configMap } from '../rig/testbed/testbed.ts';
import { headgate } from './headgate.ts';

let testbed: Testbed | null = null;
afterEach(() => testbed?.tearDown());

const env = { FLEET_TOKEN: TOKEN, FLEET_SECRET: SECRET, PATH: process.env['PATH'] ?? '' };

it('headgate check succeeds when secrets, repository and cluster are accessible, and shows the tip and the user', async () => {
  testbed = await Testbed.build();
  const revision = await testbed.push({ 'apps/a.yaml': configMap('a') });
  const { code, stdout, stderr } = await headgate(['check'], { files: { 'headgate.yml': testbed.config }, env });
  expect(stdout).toMatch(new RegExp(`^repository +fleet +ok +main at ${revision.slice(0, 12)}$`, 'm'));
  expect(stdout).toMatch(/^cluster +lab +ok +reached as \S+$/m);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

it('headgate check fails when the branch of a target does not exist', async () => {
  testbed = await Testbed.build({ target: { branch: 'next' } });
  await testbed.push({ 'apps/a.yaml': configMap('a') });
  const { code, stdout } = await headgate(['check'], { files: { 'headgate.yml': testbed.config }, env });
  expect(stdout).toMatch(/^repository +fleet +FAILED +branch next does not exist$/m);
  expect(stdout).toMatch(/^cluster +lab +ok /m);
  expect(code).toBe(1);
});
