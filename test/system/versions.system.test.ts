import { afterEach, describe, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';
import { widgetDefinition } from '../rig/house/widgets.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
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

describe('a manifest that moves to a newer version of its API (§15 A9)', () => {
  it('may have the fields that only the newer version knows, and loses what left Git', async () => {
    house = await House.build();
    const group = `${house.namespace}.example.com`;
    await house.applyByHand(definitionOf(group));
    await house.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
    await house.start();
    const widget = (version: string, spec: object) =>
      JSON.stringify({ apiVersion: `${group}/${version}`, kind: 'Widget', metadata: { name: 'w' }, spec });
    const old = await house.push({ 'apps/w.json': widget('v1beta1', { size: '1' }), 'apps/a.yaml': configMap('a') });
    await house.outcome(old, 'deployed');
    const uid = async () =>
      (
        await house.kubectl('-n', house.namespace, 'get', `widgets.${group}`, 'w', '-o', 'jsonpath={.metadata.uid}')
      ).trim();
    const before = await uid();

    const newer = await house.push({ 'apps/w.json': widget('v1', { color: 'red' }) });
    expect(await house.outcome(newer)).toMatchObject({ verdict: 'deployed', updated: 1, pruned: 0 });
    expect((await house.get(`widgets.${group}`, 'w'))?.['spec']).toEqual({ color: 'red' });
    expect(await uid()).toBe(before);

    const wrong = await house.push({ 'apps/w.json': widget('v1', { colour: 'red' }) });
    expect(await house.outcome(wrong)).toMatchObject({ verdict: 'refused' });
    await house.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  });
});
