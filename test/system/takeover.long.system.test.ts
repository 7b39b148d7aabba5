import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveOf } from '../../src/cluster/api/metadata.ts';
import { legacyOf } from '../../src/plan/ownership/adoption.ts';
import { takeoverPatch } from '../../src/plan/ownership/takeover.ts';
import { parseJson } from '../../src/resource/json.ts';
import { isObject } from '../../src/resource/resource.ts';
import type { Json, JsonObject } from '../../src/resource/resource.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const deployment = (replicas: number | null, image = 'example.com/web:1', env = ''): string =>
  `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  ${replicas === null ? '' : `replicas: ${replicas}`}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: "${image}"${env} }]
`;

const secret = (data: Readonly<Record<string, string>>): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: ${JSON.stringify(data)}\n`;

async function managersOf(kind: string, name: string): Promise<readonly Json[]> {
  const command = ['-n', testbed.namespace, 'get', kind, name, '-o', 'json', '--show-managed-fields'];
  const metadata = metadataOf(parseJson(await testbed.kubectl(...command)));
  const entries = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  return entries
    .filter((entry) => isObject(entry))
    .filter((entry) => entry['subresource'] === undefined)
    .map((entry) => entry['manager'] ?? '');
}

function metadataOf(object: Json): JsonObject {
  return isObject(object) && isObject(object['metadata']) ? object['metadata'] : {};
}

describe('an object that was applied with kubectl (A8)', () => {
  beforeEach(async () => {
    testbed = await Testbed.build();
    await testbed.start();
  });

  it.each([
    ['kubectl apply', []],
    ['kubectl apply --server-side', ['--server-side']],
  ])('loses fields that left Git, and the annotations of %s', async (_way, args) => {
    await testbed.applyByHand(configMap('a', { kept: '1', left: '1' }), ...args);
    await testbed.kubectl(
      '-n',
      testbed.namespace,
      'patch',
      'configmap',
      'a',
      '--type=merge',
      '-p',
      '{"data":{"by":"hand"}}',
    );
    expect(await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { kept: '1' }) }))).toMatchObject({
      verdict: 'deployed',
      updated: 1,
    });
    expect(await testbed.configMaps()).toEqual({ a: { kept: '1' } });
    expect(await managersOf('configmap', 'a')).toEqual(['headgate']);
    const { annotations } = metadataOf(await testbed.get('configmap', 'a'));
    expect(annotations).not.toHaveProperty(['kubectl.kubernetes.io/last-applied-configuration']);
  });

  it('is planned with the fields that it loses, and their defaults', async () => {
    await testbed.stop();
    await testbed.applyByHand(
      deployment(3, 'example.com/web:1', ', env: [{ name: A, value: a }, { name: B, value: b }]'),
    );
    await testbed.applyByHand(secret({ kept: 'planted-1', left: 'planted-2' }));
    await testbed.push({
      'apps/web.yaml': deployment(null, 'example.com/web:1', ', env: [{ name: A, value: a }]'),
      'apps/s.yaml': secret({ kept: 'planted-1' }),
    });
    const { stdout, stderr, code } = await testbed.headgate('plan', testbed.namespace, '--output', 'json');
    expect(code).toBe(2);
    const { changes } = JSON.parse(stdout) as { changes: { name: string; diff: { path: string }[] }[] };
    const LAST_APPLIED = '.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]';
    const diffOf = (name: string) => changes.find((change) => change.name === name)?.diff;
    expect(diffOf('web')).toContainEqual({
      path: '.spec.template.spec.containers[0].env[1]',
      before: { name: 'B', value: 'b' },
      after: null,
    });
    expect(diffOf('web')).toContainEqual({ path: '.spec.replicas', before: 3, after: 1 });
    expect(diffOf('s')).toContainEqual({ path: '.data.left', before: '*** (before)', after: null });
    // kubectl's copy of the whole Secret.
    expect(diffOf('s')).toContainEqual({ path: LAST_APPLIED, before: '*** (before)', after: null });
    expect(stdout + stderr).not.toMatch(/planted|cGxhbnRlZC/);
  });

  it('is planned as refused if the object would be invalid without the fields that it loses', async () => {
    await testbed.stop();
    const image = 'example.com/side:1';
    const side = (container: object) =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          selector: { matchLabels: { app: 'web' } },
          template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
        },
      });
    await testbed.applyByHand(side({ name: 'side', image }), '--server-side');
    // An operator that adds to a container keeps it, but not its image.
    const operator = ['--server-side', '--field-manager=operator'];
    await testbed.applyByHand(side({ name: 'side', env: [{ name: 'A', value: 'a' }] }), ...operator);
    await testbed.push({ 'apps/web.yaml': deployment(1) });
    const { stdout, code } = await testbed.headgate('plan', testbed.namespace);
    expect(stdout).toMatch(/^refused: apps\/web.yaml:1: .*image: Required value/m);
    expect(code).toBe(1);
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 1 });
  });

  it('has the same result when a run is killed between the takeover and the apply', async () => {
    await testbed.applyByHand(configMap('a', { kept: '1', left: '1' }));
    const show = ['-n', testbed.namespace, 'get', 'configmap', 'a', '-o', 'json', '--show-managed-fields'];
    const met = liveOf(metadataOf(parseJson(await testbed.kubectl(...show))));
    const patch = JSON.stringify(takeoverPatch(met, legacyOf(met, '')));
    const command = ['patch', 'configmap', 'a', '--type=json', '--field-manager=headgate', '-p', patch];
    await testbed.kubectl('-n', testbed.namespace, ...command);
    expect(await testbed.configMaps()).toEqual({ a: { kept: '1', left: '1' } });
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { kept: '1' }) }), 'deployed');
    expect(await testbed.configMaps()).toEqual({ a: { kept: '1' } });
    expect(await managersOf('configmap', 'a')).toEqual(['headgate']);
  });

  it('keeps the fields of controllers: scale and status', async () => {
    await testbed.applyByHand(deployment(null));
    await testbed.kubectl('-n', testbed.namespace, 'scale', 'deployment/web', '--replicas=3');
    await testbed.outcome(await testbed.push({ 'apps/web.yaml': deployment(null, 'example.com/web:2') }), 'deployed');
    expect(await testbed.get('deployment', 'web')).toMatchObject({
      spec: { replicas: 3, template: { spec: { containers: [{ image: 'example.com/web:2' }] } } },
    });
  });

  it('is taken over once, so that later edits belong to their own manager', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { ours: '1' }) }), 'deployed');
    await testbed.kubectl(
      '-n',
      testbed.namespace,
      'patch',
      'configmap',
      'a',
      '--type=merge',
      '-p',
      '{"data":{"by":"hand"}}',
    );
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { ours: '2' }) }), 'deployed');
    expect(await testbed.configMaps()).toEqual({ a: { ours: '2', by: 'hand' } });
  });
});

describe('an ignored field of an object that was applied with kubectl (B7)', () => {
  it('keeps its live value when the object is taken over', async () => {
    testbed = await Testbed.build({ target: { ignore: [{ kind: 'Deployment', paths: ['/spec/replicas'] }] } });
    await testbed.start();
    await testbed.applyByHand(deployment(4));
    await testbed.outcome(await testbed.push({ 'apps/web.yaml': deployment(1, 'example.com/web:2') }), 'deployed');
    expect(await testbed.get('deployment', 'web')).toMatchObject({ spec: { replicas: 4 } });
    expect(await managersOf('deployment', 'web')).toEqual(['headgate']);
  });
});
