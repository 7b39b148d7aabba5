import { afterEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const specOf = (...fields: readonly string[]) => ({
  type: 'object',
  properties: {
    spec: { type: 'object', properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])) },
  },
});

/** A kind whose newer version has a field more. */
const definitionOf = (group: string) =>
  widgetDefinition(group, [
    { name: 'v1beta1', schema: specOf('size') },
    { name: 'v1', schema: specOf('size', 'color') },
  ]);

describe('a manifest that moves to a newer version of its API (A9)', () => {
  it('may use fields that only the newer version has, and loses fields that left Git', async () => {
    testbed = await Testbed.build();
    const group = `${testbed.namespace}.example.com`;
    await testbed.applyByHand(definitionOf(group));
    await testbed.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
    await testbed.start();
    const widget = (version: string, spec: object) =>
      JSON.stringify({ apiVersion: `${group}/${version}`, kind: 'Widget', metadata: { name: 'w' }, spec });
    const old = await testbed.push({ 'apps/w.json': widget('v1beta1', { size: '1' }), 'apps/a.yaml': configMap('a') });
    await testbed.outcome(old, 'deployed');
    const uid = async () =>
      (
        await testbed.kubectl('-n', testbed.namespace, 'get', `widgets.${group}`, 'w', '-o', 'jsonpath={.metadata.uid}')
      ).trim();
    const before = await uid();

    const newer = await testbed.push({ 'apps/w.json': widget('v1', { color: 'red' }) });
    expect(await testbed.outcome(newer)).toMatchObject({ verdict: 'deployed', updated: 1, pruned: 0 });
    expect((await testbed.get(`widgets.${group}`, 'w'))?.['spec']).toEqual({ color: 'red' });
    expect(await uid()).toBe(before);

    const wrong = await testbed.push({ 'apps/w.json': widget('v1', { colour: 'red' }) });
    expect(await testbed.outcome(wrong)).toMatchObject({ verdict: 'refused' });
    await testbed.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  });
});
