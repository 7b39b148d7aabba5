import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build();
  await testbed.start();
  await testbed.kubectl('-n', testbed.namespace, 'create', 'configmap', 'bystander', '--from-literal=v=untouched');
  await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }), 'deployed');
});

afterEach(async () => {
  await testbed.tearDown();
});

const parent = () => `headgate-${testbed.namespace}`;

/** What a person does who may edit ConfigMaps in the target's namespace. */
async function editState(change: (state: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
  const object = JSON.parse(
    await testbed.kubectl('-n', testbed.namespace, 'get', 'configmap', parent(), '-o', 'json'),
  ) as {
    readonly data: { readonly state: string };
  };
  const state = JSON.stringify(change(JSON.parse(object.data.state) as Record<string, unknown>));
  const patch = JSON.stringify({ data: { state } });
  await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', parent(), '--type=merge', '-p', patch);
}

describe('a state object that a namespace editor changed', () => {
  it.each([
    ['an empty name, whose path is the collection', ['']],
    ['the name of a ConfigMap of others', ['bystander']],
    ['a query', ['?labelSelector=app.kubernetes.io%2Fmanaged-by%21%3Dheadgate']],
    ['a path', ['../../kube-system/configmaps/x']],
  ])('deletes nothing when its spare shards are %s, and is rebuilt after its deletion', async (_what, spare) => {
    await editState((state) => ({ ...state, spare }));
    const second = await testbed.push({ 'apps/b.yaml': configMap('b') });
    const refused = await testbed.outcome(second, 'failed');
    expect(refused).toMatchObject({
      errors: [
        {
          code: 'state-invalid',
          subject: `ConfigMap ${testbed.namespace}/${parent()}`,
          message: expect.stringContaining('lists shards that do not belong to it') as string,
        },
      ],
    });
    expect(Object.keys(await testbed.configMaps()).toSorted()).toEqual(['a', 'bystander']);

    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', parent());
    const third = await testbed.push({ 'apps/c.yaml': configMap('c') });
    await testbed.outcome(third, 'deployed');
    expect(Object.keys(await testbed.configMaps()).toSorted()).toEqual(['a', 'b', 'bystander', 'c']);
  });

  it('does not lock the target by a lease that ends in ten years', async () => {
    const lease = { run: 'r', holder: 'elsewhere', untilMs: Date.now() + 10 * 365 * 24 * 3_600_000 };
    await editState((state) => ({ ...state, lease }));
    const second = await testbed.push({ 'apps/b.yaml': configMap('b') });
    expect(await testbed.outcome(second)).toMatchObject({ verdict: 'deployed', created: 1 });
  });
});
