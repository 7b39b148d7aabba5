import { afterAll, beforeAll, expect, it } from 'vitest';
import { getRuntimeClient } from '../rig/lambda/runtime-client.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { configMap } from '../rig/testbed/testbed.ts';

/** The first time it is compiled, beside the tests of another worker. */
const COMPILE_MS = 600_000;

let aws: AwsTestbed;
beforeAll(async () => {
  await getRuntimeClient();
  aws = await AwsTestbed.build({ targets: [{ path: 'overlay' }] });
}, COMPILE_MS);
afterAll(() => aws.tearDown());

it('judges a kustomization in the sweep, which has neither a layer nor a PATH, and finds a push with a lost delivery', async () => {
  const { testbed, functions } = aws;
  const first = await testbed.push({
    'overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: web-\n',
    'base/kustomization.yaml': 'resources: [one.yaml]\n',
    'base/one.yaml': configMap('one', { value: '1' }),
  });
  expect(await testbed.outcome(first)).toMatchObject({ verdict: 'deployed', created: 1 });
  expect(await functions.sweep.call({ drift: false })).toEqual({ queued: [] });

  testbed.host.faults = { lose: () => true };
  const lost = await testbed.push({ 'base/one.yaml': configMap('one', { value: '2' }) });
  await testbed.host.settled();
  expect(await functions.sweep.call({ drift: false })).toEqual({ queued: [testbed.namespace] });
  expect(await testbed.outcome(lost)).toMatchObject({ verdict: 'deployed', delivery: 'sweep' });
  expect(await testbed.configMaps()).toEqual({ 'web-one': { value: '2' } });
  expect(testbed.log.filter(({ message }) => message === 'sweep-failed')).toEqual([]);
});
