import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { PullRig } from './pull-rig.ts';

let testbed: Testbed;
let rig: PullRig;

beforeAll(async () => {
  testbed = await Testbed.build({ pullRequests: { plan: true }, target: { conflicts: 'fail' } });
  rig = new PullRig(testbed);
  await testbed.start();
  const base = await testbed.push({
    'apps/job.yaml': job('old'),
    'apps/shared.yaml': configMap('shared', { color: 'blue' }),
    'apps/named.yaml': configMap('named', { k: 'fine' }),
  });
  await testbed.outcome(base, 'deployed');
  await testbed.applyByHand(JSON.stringify(quota()));
  await testbed.applyByHand(configMap('shared', { color: 'red' }), '--server-side', '--force-conflicts');
  await applyPolicies();
});

afterAll(async () => {
  for (const kind of ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'])
    for (const action of ['deny', 'warn'])
      await testbed.kubectl('delete', kind, `${testbed.namespace}-${action}`, '--ignore-not-found');
  await testbed.tearDown();
});

function job(image: string): string {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image }] } };
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'job' },
    spec: { suspend: true, template },
  });
}

function quota() {
  const spec = { hard: { 'count/services': '0' } };
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'no-services' }, spec };
}

/** One denies `data.k: bad`, the other one warns of `data.k: odd`. */
async function applyPolicies(): Promise<void> {
  const policies = [
    { action: 'Deny', value: 'bad' },
    { action: 'Warn', value: 'odd' },
  ];
  const items = policies.flatMap(({ action, value }) => {
    const metadata = { name: `${testbed.namespace}-${action.toLowerCase()}` };
    const apiVersion = 'admissionregistration.k8s.io/v1';
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] };
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': testbed.namespace } };
    const validations = [
      {
        expression: `!has(object.data) || !('k' in object.data) || object.data.k != '${value}'`,
        message: `k must not be ${value}`,
      },
    ];
    const spec = { matchConstraints: { namespaceSelector, resourceRules: [rule] }, validations };
    return [
      { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata, spec },
      {
        apiVersion,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata,
        spec: { policyName: metadata.name, validationActions: [action] },
      },
    ];
  });
  await testbed.applyByHand(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  // The API server acts on a new policy some moments later.
  await vi.waitFor(
    async () => {
      const dryRun = (value: string, ...args: readonly string[]) =>
        kubectl(
          testbed.cluster,
          ['-n', testbed.namespace, 'apply', '--dry-run=server', ...args, '-f', '-'],
          configMap('probe', { k: value }),
        );
      const denied = await dryRun('bad');
      const warned = await dryRun('odd', '--warnings-as-errors');
      if (denied.code === 0 || warned.code === 0) throw new Error('the policies do not act yet');
    },
    { timeout: 30_000, interval: 100 },
  );
}

it('a plan on a pull request names what a policy, a quota, an immutable field and another manager would refuse', async () => {
  const pullRequest = await rig.open('refused', {
    'apps/job.yaml': job('new'),
    'apps/shared.yaml': configMap('shared', { color: 'green' }),
    'apps/named.yaml': configMap('named', { k: 'bad' }),
    'apps/service.yaml': JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80 }] },
    }),
  });
  const text = await rig.shown(pullRequest);
  const [refused = ''] = text.split('<details>');
  expect(refused).toContain('**Refused**');
  expect(refused).toMatch(
    new RegExp(`apps/named\\.yaml:\\d+.*ValidatingAdmissionPolicy '${testbed.namespace}-deny'.*k must not be bad`),
  );
  expect(refused).toMatch(/apps\/service\.yaml:1.*exceeded quota: no-services/);
  expect(refused).toMatch(/apps\/job\.yaml:1.*immutable/);
  expect(refused).toMatch(/apps\/shared\.yaml:\d+.*kubectl/);
  expect(rig.statuses(pullRequest)[0]).toMatch(/^\S+ failure: apps\/.*\(\+3 more\)$/);
}, 90_000);

it('a plan on a pull request shows a policy that only warns, and a deprecated API', async () => {
  const pullRequest = await rig.open('warned', {
    'apps/named.yaml': configMap('named', { k: 'odd' }),
    'apps/endpoints.yaml': 'apiVersion: v1\nkind: Endpoints\nmetadata: { name: old }\n',
  });
  const text = await rig.shown(pullRequest);
  expect(text).toContain('would be deployed');
  expect(text).toMatch(
    new RegExp(`apps/named\\.yaml:\\d+.*ValidatingAdmissionPolicy '${testbed.namespace}-warn'.*k must not be odd`),
  );
  expect(text).toContain('v1 Endpoints is deprecated');
  expect(rig.statuses(pullRequest)[0]).toContain('success: would be deployed: 1 to create, 1 to update');
}, 90_000);
