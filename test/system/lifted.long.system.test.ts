import { afterEach, describe, expect, it, vi } from 'vitest';
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

  it('runs again when another target frees the node port that it uses', async () => {
    testbed = await Testbed.build({ targets: [A, B] });
    await testbed.start();
    const service = (name: string, nodePort?: number) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name },
        spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] },
      });
    await testbed.push({ 'a/own.yaml': configMap('a'), 'a/old.json': service('old'), 'b/own.yaml': configMap('b') });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, 'deployed')));
    const port = await testbed.kubectl('-n', testbed.namespace, 'get', 'service', 'old', '-o', NODE_PORT);
    await testbed.push({ 'b/new.json': service('new', Number(port)) });
    expect(await outcomeOf('b', 'refused')).toMatchObject({ errors: [{ code: 'manifest-rejected' }] });
    testbed.log.length = 0;
    await testbed.push({ 'a/old.json': null });
    expect(await outcomeOf('b', 'deployed')).toMatchObject({ created: 1 });
  });

  it('runs again when another target changes the definition that refused its custom resource', async () => {
    testbed = await Testbed.build({ targets: [A, B] });
    await testbed.start();
    const group = `${testbed.namespace}.example.com`;
    const definition = (...sizes: readonly string[]) => {
      const spec = { type: 'object', properties: { size: { type: 'string', enum: sizes } } };
      return widgetDefinition(group, [{ name: 'v1', schema: { type: 'object', properties: { spec } } }]);
    };
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec: { size: 'large' } };
    await testbed.push({ 'a/definition.json': definition('small'), 'b/own.yaml': configMap('b') });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, 'deployed')));
    await testbed.push({ 'b/w.json': JSON.stringify(widget) });
    expect(await outcomeOf('b', 'refused')).toMatchObject({ errors: [{ code: 'manifest-rejected' }] });
    testbed.log.length = 0;
    await testbed.push({ 'a/definition.json': definition('small', 'large') });
    expect(await outcomeOf('b', 'deployed')).toMatchObject({ created: 1 });
    await testbed.kubectl('delete', 'customresourcedefinition', `widgets.${group}`, '--wait=false');
  });

  it('runs again when another target changes the policy that refused its object', async () => {
    testbed = await Testbed.build({ targets: [A, B] });
    await testbed.start();
    const { namespace: name } = testbed;
    await testbed.push({
      'a/policy.json': policy(name, "!has(object.data) || !('bad' in object.data)"),
      'a/binding.json': binding(name),
      'b/own.yaml': configMap('b'),
    });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, 'deployed')));
    // Every API server compiles a policy some time after it was created.
    await vi.waitFor(
      async () => {
        const attempt = ['-n', name, 'create', 'configmap', 'attempt', '--from-literal=bad=1', '--dry-run=server'];
        await expect(testbed.kubectl(...attempt)).rejects.toThrow('denied request');
      },
      { timeout: 30_000, interval: 100 },
    );
    await testbed.push({ 'b/bad.yaml': configMap('bad', { bad: '1' }) });
    expect(await outcomeOf('b', 'refused')).toMatchObject({ errors: [{ code: 'manifest-forbidden' }] });
    testbed.log.length = 0;
    await testbed.push({ 'a/policy.json': policy(name, 'true') });
    await testbed.logged((line) => line['target'] === nameOf('b') && line['verdict'] !== undefined);
    await testbed.kubectl('delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', name);
  });
});

const NODE_PORT = 'jsonpath={.spec.ports[0].nodePort}';

function policy(name: string, expression: string): string {
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] };
  return JSON.stringify({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression, message: 'not allowed' }] },
  });
}

function binding(name: string): string {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': name } };
  return JSON.stringify({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector } },
  });
}
