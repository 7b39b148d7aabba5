import { afterEach, expect, it, vi } from 'vitest';
import { isObject } from '../../src/resource/resource.ts';
import type { Json } from '../../src/resource/resource.ts';
import { inProcess } from '../rig/testbed/in-process.ts';
import { Testbed } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.kubectl('delete', 'clusterrole', '-l', `test=${testbed.namespace}`);
  await testbed.tearDown();
});

it('leaves the rules of an aggregated ClusterRole to its controller: no drift, no planned change, no other writer', async () => {
  testbed = await Testbed.build({ target: { clusterScoped: true, wait: '0s' } });
  const headgate = inProcess(testbed);
  const name = `${testbed.namespace}-all`;
  const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
  const part = (resource: string) =>
    JSON.stringify({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {
        name: `${testbed.namespace}-${resource}`,
        labels: { test: testbed.namespace, to: testbed.namespace },
      },
      rules: [rule(resource)],
    });
  // As `kubectl get -o yaml` writes it, with a copy of rules that are out of date.
  const whole = (purpose: string) =>
    JSON.stringify({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels: { test: testbed.namespace }, annotations: { purpose } },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: testbed.namespace } }] },
      rules: [rule('secrets')],
    });
  const read = async () => {
    const role = JSON.parse(
      await testbed.kubectl('get', 'clusterrole', name, '-o', 'json', '--show-managed-fields'),
    ) as {
      readonly rules: Json;
      readonly metadata: { readonly managedFields: readonly { readonly manager: string; readonly fieldsV1: Json }[] };
    };
    const owners = role.metadata.managedFields.filter(
      ({ fieldsV1 }) => isObject(fieldsV1) && fieldsV1['f:rules'] !== undefined,
    );
    return { rules: role.rules, owners: owners.map(({ manager }) => manager) };
  };
  const aggregated = { rules: [rule('pods')], owners: ['clusterrole-aggregation-controller'] };

  await testbed.applyByHand(part('pods'));
  await testbed.push({ 'apps/all.json': whole('one') });
  expect(await headgate.deploy()).toMatchObject({ verdict: 'deployed' });
  await vi.waitFor(async () => expect(await read()).toEqual(aggregated), { timeout: 30_000, interval: 100 });

  await testbed.push({ 'apps/all.json': whole('two') });
  expect(await headgate.plan()).toMatchObject({
    changes: [{ name, diff: [{ path: '.metadata.annotations.purpose', before: 'one', after: 'two' }] }],
  });
  expect(await headgate.deploy()).toMatchObject({ verdict: 'deployed' });
  expect(await read()).toEqual(aggregated);
  expect(await headgate.plan()).toMatchObject({ changes: [] });

  // The controller changes the rules again, which is not drift.
  await testbed.applyByHand(part('services'));
  await vi.waitFor(async () => expect((await read()).rules).toHaveLength(2), { timeout: 30_000, interval: 100 });
  expect(await headgate.correctDrift()).toMatchObject([{ verdict: 'unchanged', updated: 0, warnings: [], errors: [] }]);
  expect(await headgate.correctDrift()).toEqual([]);
  expect((await read()).rules).toHaveLength(2);
  headgate.close();
}, 120_000);
