import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { getRuntimeClient } from '../rig/lambda/runtime-client.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { configMap } from '../rig/testbed/testbed.ts';

/** For the figures in docs/aws.md: `HEADGATE_FLEET=1000/100 npm test -- test/system/functions-fleet`. */
const [targets = 60, clusters = 6] = (process.env['HEADGATE_FLEET'] ?? '60/6').split('/').map(Number);
/** Of a function with 512 MB: 512 / 1,769 of a processor. */
const SHARE = 0.29;
const LONG_MS = 600_000;

const names = Array.from({ length: targets }, (_none, n) => `t-${n}`);

let aws: AwsTestbed;
beforeAll(async () => {
  await getRuntimeClient();
  const fleet = names.map((name, n) => ({ name, path: name, cluster: `c-${n % clusters}` }));
  aws = await AwsTestbed.build({ targets: fleet, clusters, sweepShare: SHARE });
  aws.testbed.host.faults = { lose: () => true };
}, LONG_MS);
afterAll(() => aws.tearDown());

/** A cold start, so that nothing is cached. */
async function swept(event: object): Promise<{ readonly queued: readonly string[]; readonly roles: number }> {
  await aws.functions.sweep.stop();
  aws.aws.requests.length = 0;
  const beganMs = performance.now();
  const { queued } = (await aws.functions.sweep.call(event)) as { queued: readonly string[] };
  const tookMs = performance.now() - beganMs;
  const isBySweep = ({ action, principal }: { action: string; principal: string | null }) =>
    action === 'AssumeRole' && principal?.includes('headgate-sweep/') === true;
  const roles = aws.aws.requests.filter(isBySweep).length;
  process.stdout.write(
    `${targets} targets on ${clusters} clusters, ${JSON.stringify(event)}: ${tookMs.toFixed(0)} ms\n`,
  );
  return { queued, roles };
}

it(
  'judges a whole fleet in one cold sweep with the share of a processor that it has, assuming each role once',
  async () => {
    const { testbed } = aws;
    await testbed.push(Object.fromEntries(names.map((name) => [`${name}/a.yaml`, configMap(name)])));
    await testbed.host.settled();
    const first = await swept({ drift: false });
    expect(first.queued.toSorted()).toEqual(names.toSorted());
    expect(first.roles).toBe(clusters);
    const deployed = () =>
      new Set(testbed.log.filter(({ verdict }) => verdict === 'deployed').map((line) => line['target']));
    await vi.waitFor(() => expect(deployed().size).toBe(targets), { timeout: LONG_MS - 60_000, interval: 500 });
    const second = await swept({});
    expect(second).toEqual({ queued: [], roles: clusters });
    expect(testbed.log.filter(({ message }) => message === 'sweep-failed' || message === 'sweep-skipped')).toEqual([]);
  },
  LONG_MS,
);
