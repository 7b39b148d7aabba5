import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';
import { widgetDefinition } from '../rig/house/widgets.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

describe('what a target may do', () => {
  it('makes its namespace when it may, before its state', async () => {
    house = await House.build({ namespaceExists: false, target: { createNamespace: true } });
    await house.start();
    expect(await house.outcome(await house.push({ 'apps/a.yaml': configMap('a') }))).toMatchObject({
      verdict: 'deployed',
      created: 1,
    });
    expect(Object.keys(await house.configMaps())).toEqual(['a']);
  });

  it('creates its own Namespace from Git, and a kind together with its first object (§15 G2, A9)', async () => {
    house = await House.build({ namespaceExists: false, target: { clusterScoped: true } });
    await house.start();
    const group = `${house.namespace}.example.com`;
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer', enum: [1, 2] } } } },
    };
    const widget = (size: number) =>
      `apiVersion: ${group}/v1\nkind: Widget\nmetadata: { name: w }\nspec: { size: ${size} }\n`;
    const revision = await house.push({
      'apps/a-widget.yaml': widget(1),
      'apps/b-namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${house.namespace} }\n`,
      'apps/c-definition.json': widgetDefinition(group, [{ name: 'v1', schema }]),
      'apps/d.yaml': configMap('d'),
    });
    expect(await house.outcome(revision, undefined, 60_000)).toMatchObject({
      verdict: 'deployed',
      created: 4,
    });
    expect(await house.get(`widgets.${group}`, 'w')).toMatchObject({ spec: { size: 1 } });

    const wrong = await house.push({ 'apps/a-widget.yaml': widget(3) });
    expect(await house.outcome(wrong)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'manifest-rejected' })],
    });
    await house.kubectl('delete', 'crd', `widgets.${group}`);
    // What is not served any more is named, and holds nothing else (§15 F6).
    const after = await house.push({ 'apps/a-widget.yaml': widget(2), 'apps/d.yaml': configMap('d', { v: '2' }) });
    expect(await house.outcome(after, 'refused')).toMatchObject({
      errors: [{ code: 'kind-unknown', subject: 'apps/a-widget.yaml:1', message: expect.stringContaining('Widget') }],
    });
    expect(await house.configMaps()).toEqual({ d: {} });
    const without = await house.push({ 'apps/a-widget.yaml': null, 'apps/c-definition.json': null });
    expect(await house.outcome(without, 'deployed')).toMatchObject({ updated: 1 });
    expect(await house.configMaps()).toEqual({ d: { v: '2' } });
  }, 90_000);

  it('leaves the caBundle of a webhook to whoever fills it in, and refuses one that is none (§15 A9)', async () => {
    house = await House.build({ target: { clusterScoped: true } });
    await house.start();
    const webhooks = (path: string, caBundle = '') =>
      `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: ${house.namespace} }
webhooks:
  - name: nothing.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Ignore
    clientConfig: { service: { namespace: ${house.namespace}, name: nobody, path: ${path} }${caBundle} }
    rules: [{ apiGroups: [nothing.example.com], apiVersions: [v1], operations: [CREATE], resources: [nothings] }]
`;
    await house.outcome(await house.push({ 'apps/w.yaml': webhooks('/one') }), 'deployed');
    const authority = Buffer.from(await readFile(house.cluster.caFile)).toString('base64');
    const filled = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: authority }];
    const live = ['validatingwebhookconfiguration', house.namespace];
    await house.kubectl('patch', ...live, '--type=json', '--field-manager=injector', '-p', JSON.stringify(filled));
    const moved = await house.push({ 'apps/w.yaml': webhooks('/two') });
    expect(await house.outcome(moved, 'deployed')).toMatchObject({ updated: 1, warnings: [] });
    const config = await house.kubectl('get', ...live, '-o', 'jsonpath={.webhooks[0].clientConfig}');
    expect(JSON.parse(config)).toMatchObject({ caBundle: authority, service: { path: '/two' } });
    const wrong = await house.push({ 'apps/w.yaml': webhooks('/three', ', caBundle: "no base64"') });
    expect(await house.outcome(wrong)).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'manifest-rejected', subject: 'apps/w.yaml:1', message: expect.stringContaining('base64') }],
    });
    await house.kubectl('delete', ...live);
  });

  it('refuses what another tool owns, and names it', async () => {
    house = await House.build();
    await house.start();
    await house.kubectl('-n', house.namespace, 'create', 'configmap', 'theirs');
    await house.kubectl('-n', house.namespace, 'annotate', 'configmap', 'theirs', 'meta.helm.sh/release-name=shop');
    const revision = await house.push({
      'apps/theirs.yaml': configMap('theirs', { v: 'ours' }),
      'apps/a.yaml': configMap('a'),
    });
    expect(await house.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [
        expect.objectContaining({ code: 'foreign-owner', message: expect.stringContaining('Helm release shop') }),
      ],
    });
    expect(await house.configMaps()).toEqual({ theirs: {} });
  });

  it('takes over fields of other managers, or refuses and names them, as the target says', async () => {
    house = await House.build({ target: { conflicts: 'fail' } });
    await house.start();
    await house.kubectl('-n', house.namespace, 'create', 'configmap', 'shared', '--from-literal=v=theirs');
    const revision = await house.push({ 'apps/shared.yaml': configMap('shared', { v: 'ours' }) });
    expect(await house.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'field-conflict', message: expect.stringContaining('kubectl-create') })],
    });
    expect(await house.configMaps()).toEqual({ shared: { v: 'theirs' } });
  });

  it('says what to do when a node port is still held by what the same push deletes', async () => {
    house = await House.build();
    await house.start();
    const service = (name: string) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { type: NodePort, ports: [{ port: 80, nodePort: 31789 }] }\n`;
    await house.outcome(
      await house.push({ 'apps/old.yaml': service('old'), 'apps/a.yaml': configMap('a') }),
      'deployed',
    );
    const both = await house.push({ 'apps/old.yaml': null, 'apps/new.yaml': service('new') });
    expect(await house.outcome(both)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'delete-first', remedy: expect.stringContaining('/old') })],
    });
    await house.outcome(await house.push({ 'apps/new.yaml': null }), 'deployed');
    expect(await house.outcome(await house.push({ 'apps/new.yaml': service('new') }))).toMatchObject({
      verdict: 'deployed',
      created: 1,
    });
  });

  it('leaves ignored fields to whoever owns them', async () => {
    house = await House.build({ target: { ignore: [{ kind: 'ConfigMap', name: 'tuned', paths: ['/data/level'] }] } });
    await house.start();
    await house.outcome(
      await house.push({ 'apps/tuned.yaml': configMap('tuned', { level: '1', other: 'a' }) }),
      'deployed',
    );
    await house.kubectl('-n', house.namespace, 'patch', 'configmap', 'tuned', '-p', '{"data":{"level":"9"}}');
    await house.outcome(
      await house.push({ 'apps/tuned.yaml': configMap('tuned', { level: '1', other: 'b' }) }),
      'deployed',
    );
    await house.until(() => house.log.filter((line) => line['verdict'] === 'deployed').length === 2);
    expect(await house.configMaps()).toEqual({ tuned: { level: '9', other: 'b' } });
  });

  it('refuses to delete more than its limit, and goes on once when it is told to (§15 E12)', async () => {
    house = await House.build({ target: { prune: { limit: 1 } } });
    await house.start();
    await house.outcome(
      await house.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b'), 'apps/c.yaml': configMap('c') }),
      'deployed',
    );
    const revision = await house.push({ 'apps/a.yaml': null, 'apps/b.yaml': null });
    expect(await house.outcome(revision)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'prune-limit', remedy: expect.stringContaining('--prune-limit 2') })],
    });
    expect(Object.keys(await house.configMaps())).toEqual(['a', 'b', 'c']);
    await house.stop();
    const { code, stdout } = await house.headgate('deploy', house.namespace, '--prune-limit', '2');
    expect([code, stdout]).toEqual([0, expect.stringContaining('2 pruned')]);
    expect(Object.keys(await house.configMaps())).toEqual(['c']);
  });

  it('has only the rights of its service account, and says which one is missing', async () => {
    house = await House.build({ target: { serviceAccount: 'NAMESPACE/deployer' } });
    await house.kubectl('-n', house.namespace, 'create', 'serviceaccount', 'deployer');
    const role = [
      '-n',
      house.namespace,
      'create',
      'role',
      'deployer',
      '--verb=get,list,create,patch,delete',
      '--resource=configmaps',
    ];
    await house.kubectl(...role);
    await house.kubectl(
      '-n',
      house.namespace,
      'create',
      'rolebinding',
      'deployer',
      '--role=deployer',
      `--serviceaccount=${house.namespace}:deployer`,
    );
    await house.start();
    expect(await house.outcome(await house.push({ 'apps/a.yaml': configMap('a') }))).toMatchObject({
      verdict: 'deployed',
    });
    const revision = await house.push({
      'apps/s.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80 }] }\n',
    });
    expect(await house.outcome(revision)).toMatchObject({
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
