import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

describe('the limits of a target', () => {
  it('let it create its namespace before its state, when it may', async () => {
    testbed = await Testbed.build({ namespaceExists: false, target: { createNamespace: true } });
    await testbed.start();
    expect(await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }))).toMatchObject({
      verdict: 'deployed',
      created: 1,
    });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a']);
  });

  it('let it create its Namespace from Git, and a CustomResourceDefinition together with its first object (G2, A9)', async () => {
    testbed = await Testbed.build({ namespaceExists: false, target: { clusterScoped: true } });
    await testbed.start();
    const group = `${testbed.namespace}.example.com`;
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer', enum: [1, 2] } } } },
    };
    const widget = (size: number) =>
      `apiVersion: ${group}/v1\nkind: Widget\nmetadata: { name: w }\nspec: { size: ${size} }\n`;
    const revision = await testbed.push({
      'apps/a-widget.yaml': widget(1),
      'apps/b-namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${testbed.namespace} }\n`,
      'apps/c-definition.json': widgetDefinition(group, [{ name: 'v1', schema }]),
      'apps/d.yaml': configMap('d'),
    });
    expect(await testbed.outcome(revision, undefined, 60_000)).toMatchObject({
      verdict: 'deployed',
      created: 4,
    });
    expect(await testbed.get(`widgets.${group}`, 'w')).toMatchObject({ spec: { size: 1 } });

    const wrong = await testbed.push({ 'apps/a-widget.yaml': widget(3) });
    expect(await testbed.outcome(wrong)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'manifest-rejected' })],
    });
    await testbed.kubectl('delete', 'crd', `widgets.${group}`);
    // What is not served any more is named, and holds nothing else.
    const after = await testbed.push({ 'apps/a-widget.yaml': widget(2), 'apps/d.yaml': configMap('d', { v: '2' }) });
    expect(await testbed.outcome(after, 'refused')).toMatchObject({
      errors: [{ code: 'kind-unknown', subject: 'apps/a-widget.yaml:1', message: expect.stringContaining('Widget') }],
    });
    expect(await testbed.configMaps()).toEqual({ d: {} });
    const without = await testbed.push({ 'apps/a-widget.yaml': null, 'apps/c-definition.json': null });
    expect(await testbed.outcome(without, 'deployed')).toMatchObject({ updated: 1 });
    expect(await testbed.configMaps()).toEqual({ d: { v: '2' } });
  }, 90_000);

  it('leave the caBundle of a webhook to the controller that fills it in, and refuse an invalid one (A9)', async () => {
    testbed = await Testbed.build({ target: { clusterScoped: true } });
    await testbed.start();
    const webhooks = (path: string, caBundle = '') =>
      `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: ${testbed.namespace} }
webhooks:
  - name: nothing.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Ignore
    clientConfig: { service: { namespace: ${testbed.namespace}, name: nobody, path: ${path} }${caBundle} }
    rules: [{ apiGroups: [nothing.example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings] }]
`;
    await testbed.outcome(await testbed.push({ 'apps/w.yaml': webhooks('/one') }), 'deployed');
    const authority = Buffer.from(await readFile(testbed.cluster.caFile)).toString('base64');
    const filled = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: authority }];
    const live = ['validatingwebhookconfiguration', testbed.namespace];
    await testbed.kubectl('patch', ...live, '--type=json', '--field-manager=injector', '-p', JSON.stringify(filled));
    const moved = await testbed.push({ 'apps/w.yaml': webhooks('/two') });
    expect(await testbed.outcome(moved, 'deployed')).toMatchObject({ updated: 1, warnings: [] });
    const config = await testbed.kubectl('get', ...live, '-o', 'jsonpath={.webhooks[0].clientConfig}');
    expect(JSON.parse(config)).toMatchObject({ caBundle: authority, service: { path: '/two' } });
    const wrong = await testbed.push({ 'apps/w.yaml': webhooks('/three', ', caBundle: "no base64"') });
    expect(await testbed.outcome(wrong)).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'manifest-rejected', subject: 'apps/w.yaml:1', message: expect.stringContaining('base64') }],
    });
    await testbed.kubectl('delete', ...live);
  });

  it('refuse an object that another tool owns, and name the tool', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    await testbed.kubectl('-n', testbed.namespace, 'create', 'configmap', 'theirs');
    await testbed.kubectl('-n', testbed.namespace, 'annotate', 'configmap', 'theirs', 'meta.helm.sh/release-name=shop');
    const revision = await testbed.push({
      'apps/theirs.yaml': configMap('theirs', { v: 'ours' }),
      'apps/a.yaml': configMap('a'),
    });
    expect(await testbed.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [
        expect.objectContaining({ code: 'foreign-owner', message: expect.stringContaining('Helm release shop') }),
      ],
    });
    expect(await testbed.configMaps()).toEqual({ theirs: {} });
  });

  it('take fields from other managers, or refuse and name the managers, as the target is configured', async () => {
    testbed = await Testbed.build({ target: { conflicts: 'fail' } });
    await testbed.start();
    await testbed.kubectl('-n', testbed.namespace, 'create', 'configmap', 'shared', '--from-literal=v=theirs');
    const revision = await testbed.push({ 'apps/shared.yaml': configMap('shared', { v: 'ours' }) });
    expect(await testbed.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'field-conflict', message: expect.stringContaining('kubectl-create') })],
    });
    expect(await testbed.configMaps()).toEqual({ shared: { v: 'theirs' } });
  });

  it('report a remedy when an object that the same push deletes still holds the node port', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const service = (name: string) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { type: NodePort, ports: [{ port: 80, nodePort: 31789 }] }\n`;
    await testbed.outcome(
      await testbed.push({ 'apps/old.yaml': service('old'), 'apps/a.yaml': configMap('a') }),
      'deployed',
    );
    const both = await testbed.push({ 'apps/old.yaml': null, 'apps/new.yaml': service('new') });
    expect(await testbed.outcome(both)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'delete-first', remedy: expect.stringContaining('/old') })],
    });
    await testbed.outcome(await testbed.push({ 'apps/new.yaml': null }), 'deployed');
    expect(await testbed.outcome(await testbed.push({ 'apps/new.yaml': service('new') }))).toMatchObject({
      verdict: 'deployed',
      created: 1,
    });
  });

  it('leave ignored fields to their managers', async () => {
    testbed = await Testbed.build({
      target: { ignore: [{ kind: 'ConfigMap', name: 'tuned', paths: ['/data/level'] }] },
    });
    await testbed.start();
    await testbed.outcome(
      await testbed.push({ 'apps/tuned.yaml': configMap('tuned', { level: '1', other: 'a' }) }),
      'deployed',
    );
    await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', 'tuned', '-p', '{"data":{"level":"9"}}');
    await testbed.outcome(
      await testbed.push({ 'apps/tuned.yaml': configMap('tuned', { level: '1', other: 'b' }) }),
      'deployed',
    );
    await testbed.until(() => testbed.log.filter((line) => line['verdict'] === 'deployed').length === 2);
    expect(await testbed.configMaps()).toEqual({ tuned: { level: '9', other: 'b' } });
  });

  it('refuse to delete more than the limit, unless a deploy confirms it (E12)', async () => {
    testbed = await Testbed.build({ target: { prune: { limit: 1 } } });
    await testbed.start();
    await testbed.outcome(
      await testbed.push({
        'apps/a.yaml': configMap('a'),
        'apps/b.yaml': configMap('b'),
        'apps/c.yaml': configMap('c'),
      }),
      'deployed',
    );
    const revision = await testbed.push({ 'apps/a.yaml': null, 'apps/b.yaml': null });
    expect(await testbed.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'prune-limit', remedy: expect.stringContaining('--prune-limit 2') })],
    });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b', 'c']);
    await testbed.stop();
    const { code, stdout } = await testbed.headgate('deploy', testbed.namespace, '--prune-limit', '2');
    expect([code, stdout]).toEqual([0, expect.stringContaining('2 pruned')]);
    expect(Object.keys(await testbed.configMaps())).toEqual(['c']);
  });

  it('reduce its rights to those of its service account, and name a missing right', async () => {
    testbed = await Testbed.build({ target: { serviceAccount: 'NAMESPACE/deployer' } });
    await testbed.kubectl('-n', testbed.namespace, 'create', 'serviceaccount', 'deployer');
    const role = [
      '-n',
      testbed.namespace,
      'create',
      'role',
      'deployer',
      '--verb=get,list,create,patch,delete',
      '--resource=configmaps',
    ];
    await testbed.kubectl(...role);
    await testbed.kubectl(
      '-n',
      testbed.namespace,
      'create',
      'rolebinding',
      'deployer',
      '--role=deployer',
      `--serviceaccount=${testbed.namespace}:deployer`,
    );
    await testbed.start();
    expect(await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a') }))).toMatchObject({
      verdict: 'deployed',
    });
    const revision = await testbed.push({
      'apps/s.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80 }] }\n',
    });
    expect(await testbed.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [
        expect.objectContaining({
          code: 'manifest-forbidden',
          remedy: expect.stringContaining('resources [services]'),
        }),
      ],
    });
  });
});
