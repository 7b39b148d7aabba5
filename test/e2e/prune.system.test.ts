import { afterEach, describe, expect, it } from 'vitest';
import { House, configMap } from './house.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

/** A kind of this test's own, served in these versions. */
function definitionOf(group: string, served: readonly string[]): string {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: ['v1beta1', 'v1'].map((name) => ({
        name,
        served: served.includes(name),
        storage: name === 'v1',
        schema,
      })),
    },
  });
}

describe('a custom resource that leaves Git', () => {
  it('is deleted by a process that has never met its kind, and in the version that is served by then', async () => {
    house = await House.build();
    const group = `${house.namespace}.example.com`;
    await house.applyByHand(definitionOf(group, ['v1beta1', 'v1']));
    await house.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
    await house.start();
    const widget = (name: string) => `apiVersion: ${group}/v1beta1\nkind: Widget\nmetadata: { name: ${name} }\n`;
    const first = await house.push({
      'apps/one.yaml': widget('one'),
      'apps/two.yaml': widget('two'),
      'apps/c.yaml': configMap('c'),
    });
    await house.outcome(first, 'deployed');
    await house.stop();

    await house.start();
    const second = await house.push({ 'apps/one.yaml': null });
    expect(await house.outcome(second)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await house.get(`widgets.${group}`, 'one')).toBeNull();

    await house.applyByHand(definitionOf(group, ['v1']));
    await house.stop();
    await house.start();
    const third = await house.push({ 'apps/two.yaml': null });
    expect(await house.outcome(third)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await house.get(`widgets.${group}`, 'two')).toBeNull();
    await house.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  });
});
