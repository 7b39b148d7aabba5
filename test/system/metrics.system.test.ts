import { afterAll, beforeAll, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});
afterAll(() => testbed.tearDown());

it('counts runs, stages, readiness, queues and requests, without a request more', async () => {
  const { namespace } = testbed;
  const first = await testbed.push({ 'apps/a.yaml': configMap('a') });
  const { requests } = await testbed.outcome(first, 'deployed');
  const second = await testbed.push({ 'apps/a.yaml': 'kind: [' });
  await testbed.outcome(second, 'refused');
  await testbed.host.settled();

  const found = await testbed.metrics();
  expect(found).toMatchObject({
    [`headgate_deploys_total{target="${namespace}",verdict="deployed"}`]: 1,
    [`headgate_deploys_total{target="${namespace}",verdict="refused"}`]: 1,
    [`headgate_target_failing{target="${namespace}"}`]: 1,
    [`headgate_readiness_total{target="${namespace}",result="ready"}`]: 1,
    headgate_run_duration_seconds_count: 2,
    'headgate_deploy_duration_seconds_count{stage="apply"}': 1,
    'headgate_queue_messages{queue="deploy"}': 0,
    'headgate_queue_oldest_message_age_seconds{queue="deploy"}': 0,
    headgate_sweep_failures_total: 0,
  });
  const sent = Object.entries(found).filter(([name]) => name.startsWith('headgate_requests_total{server="cluster'));
  expect(sent).toHaveLength(1);
  expect(sent[0]?.[1]).toBeGreaterThanOrEqual((requests as { kubernetes: number }).kubernetes);
}, 60_000);

it('headgate stats shows the DORA figures of the kept history, with their window', async () => {
  const third = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
  await testbed.outcome(third, 'deployed');
  const { code, stdout } = await testbed.headgate('stats', '--output', 'json');
  const shown = JSON.parse(stdout) as { targets: Record<string, unknown>[]; all: object };
  expect(code).toBe(0);
  expect(shown.targets).toEqual([
    {
      target: testbed.namespace,
      from: expect.stringMatching(/^\d{4}-.*Z$/),
      to: expect.stringMatching(/^\d{4}-.*Z$/),
      changes: 2,
      changesPerDay: null,
      failedChanges: 0,
      changeFailureRate: 0,
      notRestored: 0,
      timeToRestoreMs: null,
      leadTimeMs: expect.any(Number),
      refused: 1,
    },
  ]);
  const text = await testbed.headgate('stats', testbed.namespace);
  expect(text.stdout).toMatch(
    /^TARGET +WINDOW +CHANGES +PER DAY +FAILED +RESTORED IN +LEAD TIME +REFUSED\n\S+ +\d+\S+ +2 +- +0 \(0 %\) +- +\d+s +1\n$/,
  );
}, 60_000);
