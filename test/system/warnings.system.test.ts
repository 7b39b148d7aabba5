import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build({ target: { clusterScoped: true } });
});

afterEach(async () => {
  await testbed.kubectl('delete', 'validatingadmissionpolicies', testbed.namespace, '--ignore-not-found');
  await testbed.kubectl('delete', 'validatingadmissionpolicybindings', testbed.namespace, '--ignore-not-found');
  await testbed.tearDown();
});

const endpoints = (name: string) => `apiVersion: v1\nkind: Endpoints\nmetadata: { name: ${name} }\n`;
const DEPRECATED = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';

/** Warns of every object of the kind in the namespace that has its `data.k`, in these CEL words. */
async function warnAbout(resource: string, words: string): Promise<void> {
  const metadata = { name: testbed.namespace };
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': testbed.namespace } },
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: [resource] },
        ],
      },
      validations: [{ expression: "!has(object.data) || !('k' in object.data)", messageExpression: words }],
    },
  };
  const binding = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: { policyName: testbed.namespace, validationActions: ['Warn'] },
  };
  await testbed.applyByHand(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [policy, binding] }));
}

/** The API server acts on a new policy some moments later. */
async function warns(manifest: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const name = `probe-${randomUUID().slice(0, 8)}`;
      await testbed.applyByHand(manifest.replace('PROBE', name), '--dry-run=server', '--warnings-as-errors').then(
        () => Promise.reject(new Error('it does not warn yet')),
        () => undefined,
      );
    },
    { timeout: 30_000, interval: 100 },
  );
}

describe('the warnings of the API server', () => {
  it('are in the outcome once for each text, with the file and line of the first object', async () => {
    await testbed.start();
    const revision = await testbed.push({
      'apps/a.yaml': `${configMap('a')}---\n${endpoints('one')}`,
      'apps/b.yaml': endpoints('two'),
    });
    const line = await testbed.outcome(revision, 'deployed');
    expect(line['warnings']).toEqual([
      {
        code: 'api-warning',
        subject: 'apps/a.yaml:7',
        message: DEPRECATED,
        remedy: expect.stringContaining('1 other'),
      },
    ]);
  });

  it('are printed by headgate plan before anything is applied', async () => {
    await testbed.push({ 'apps/a.yaml': endpoints('one') });
    const { code, stdout } = await testbed.headgate('plan', testbed.namespace);
    expect(code).toBe(2);
    expect(stdout).toContain(`warning: apps/a.yaml:1: ${DEPRECATED}`);
    const json = JSON.parse((await testbed.headgate('plan', testbed.namespace, '--output', 'json')).stdout) as object;
    expect(json).toMatchObject({ warnings: [{ code: 'api-warning', subject: 'apps/a.yaml:1', message: DEPRECATED }] });
  });

  it('include those of Pod Security and of an admission policy that warns, and do not stop the deploy', async () => {
    await testbed.kubectl('label', 'namespace', testbed.namespace, 'pod-security.kubernetes.io/warn=restricted');
    await warnAbout('configmaps', `'key "k" is not wanted in ' + object.metadata.name`);
    await warns(configMap('PROBE', { k: '1' }));
    await testbed.start();
    const pod = {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'example.com/w:1' }] },
    };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, template: pod },
    };
    const revision = await testbed.push({
      'apps/a.yaml': configMap('a', { k: '1' }),
      'apps/web.json': JSON.stringify(deployment),
    });
    const line = await testbed.outcome(revision, 'deployed');
    expect(line).toMatchObject({ created: 2, failed: 0 });
    expect(line['warnings']).toEqual([
      expect.objectContaining({
        code: 'api-warning',
        subject: 'apps/a.yaml:1',
        message: expect.stringContaining('key "k" is not wanted in a'),
      }),
      expect.objectContaining({
        code: 'api-warning',
        subject: 'apps/web.json:1',
        message: expect.stringContaining('would violate PodSecurity "restricted:latest"'),
      }),
    ]);
  });

  it('about a Secret are reported without their text, which may quote its values', async () => {
    await warnAbout('secrets', `'the value is ' + string(object.data.k)`);
    const secret = (name: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\nstringData: { k: planted-value-31415 }\n`;
    await warns(secret('PROBE'));
    await testbed.start();
    const line = await testbed.outcome(await testbed.push({ 'apps/s.yaml': secret('s') }), 'deployed');
    expect(line['warnings']).toMatchObject([{ code: 'api-warning', subject: 'apps/s.yaml:1' }]);
    const words = JSON.stringify(testbed.log);
    expect(words).not.toContain('planted-value-31415');
    expect(words).not.toContain(Buffer.from('planted-value-31415').toString('base64'));
  });

  it('about an object whose kind the same push creates are in the outcome', async () => {
    const group = `${testbed.namespace}.example.com`;
    await testbed.start();
    const versions = [{ name: 'v1alpha1', deprecated: true }, { name: 'v1' }];
    const revision = await testbed.push({
      'apps/definition.json': widgetDefinition(group, versions),
      'apps/widget.yaml': `apiVersion: ${group}/v1alpha1\nkind: Widget\nmetadata: { name: w }\n`,
    });
    const line = await testbed.outcome(revision, 'deployed');
    expect(line['warnings']).toMatchObject([
      { code: 'api-warning', subject: 'apps/widget.yaml:1', message: expect.stringContaining('Widget is deprecated') },
    ]);
    await testbed.kubectl('delete', 'crd', `widgets.${group}`);
  });
});
