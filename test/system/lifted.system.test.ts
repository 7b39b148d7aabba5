import { afterEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const nameOf = (letter: string) => `${testbed.namespace}-${letter}`;

function outcomeOf(letter: string, verdict: string): Promise<LogLine> {
  return testbed.logged((line) => line['target'] === nameOf(letter) && line['verdict'] === verdict);
}

const A = { name: 'NAMESPACE-a', path: 'a', clusterScoped: true };
const B = { name: 'NAMESPACE-b', path: 'b' };

describe('a target that was refused', () => {
  it('runs again when another target creates the kind that it uses', async () => {
    testbed = await Testbed.build({ targets: [A, B] });
    await testbed.start();
    const group = `${testbed.namespace}.example.com`;
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' } };
    await testbed.push({ 'a/own.yaml': configMap('a'), 'b/w.json': JSON.stringify(widget) });
    expect(await outcomeOf('b', 'refused')).toMatchObject({ errors: [{ code: 'kind-unknown' }] });
    await testbed.push({ 'a/definition.json': widgetDefinition(group, [{ name: 'v1' }]) });
    expect(await outcomeOf('b', 'deployed')).toMatchObject({ created: 1 });
    await testbed.kubectl('delete', 'customresourcedefinition', `widgets.${group}`, '--wait=false');
  });

  it('runs again when another target creates its namespace, where its refusal could not be recorded', async () => {
    testbed = await Testbed.build({ targets: [A, { ...B, namespace: 'NAMESPACE-late' }] });
    await testbed.start();
    const late = `${testbed.namespace}-late`;
    await testbed.push({ 'a/own.yaml': configMap('a'), 'b/b.yaml': configMap('b') });
    expect(await outcomeOf('b', 'refused')).toMatchObject({ errors: [{ code: 'namespace-missing' }] });
    await testbed.push({
      'a/late.json': JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: late } }),
    });
    expect(await outcomeOf('b', 'deployed')).toMatchObject({ created: 1 });
    await testbed.kubectl('delete', 'namespace', late, '--wait=false');
  });

  it('runs again when the owner of an object that it defines too no longer defines it', async () => {
    testbed = await Testbed.build({ targets: [A, B] });
    await testbed.start();
    await testbed.push({ 'a/x.yaml': configMap('x'), 'a/own.yaml': configMap('a'), 'b/own.yaml': configMap('b') });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, 'deployed')));
    await testbed.push({ 'b/x.yaml': configMap('x', { v: 'b' }) });
    expect(await outcomeOf('b', 'refused')).toMatchObject({ errors: [{ code: 'foreign-owner' }] });
    testbed.log.length = 0;
    await testbed.push({ 'a/x.yaml': null });
    await outcomeOf('b', 'deployed');
    expect((await testbed.configMaps())['x']).toEqual({ v: 'b' });
  });
});
