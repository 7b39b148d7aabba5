import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { getRuntimeClient } from '../rig/lambda/runtime-client.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';

/** The first time it is compiled, beside the tests of another worker. */
const COMPILE_MS = 600_000;

let aws: AwsTestbed;
beforeAll(async () => {
  await getRuntimeClient();
  aws = await AwsTestbed.build({ targets: [{ path: 'apps' }] });
}, COMPILE_MS);
afterAll(() => aws.tearDown());

/** Its rollout takes `seconds`. */
function slowDeployment(name: string, seconds: number): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      minReadySeconds: seconds,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'ghcr.io/acme/web:1' }] },
      },
    },
  });
}

it('waits for a rollout in no function: the time of all invocations does not grow with the time of the rollout', async () => {
  const { testbed, functions } = aws;
  const revision = await testbed.push({ 'apps/web.json': slowDeployment('web', 9) });
  const last = () => testbed.host.statusesOf(revision).at(-1);
  await vi.waitFor(() => expect(last()).toMatchObject({ state: 'success' }), { timeout: 60_000, interval: 100 });
  expect(last()?.description).toMatch(/^1 created, ready in \d+(\.\d)? s/);
  expect(functions.deploy.billedMs()).toBeLessThan(6_000);
});
