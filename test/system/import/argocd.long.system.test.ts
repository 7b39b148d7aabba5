import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { metadataMap } from '../../../src/resource/resource.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { applyAs, beside, defineKinds, importWith, kustomized, operationsOf, removeKinds } from './installed.ts';

let testbed: Testbed;

afterEach(async () => {
  await removeKinds(testbed, KINDS);
  await testbed.tearDown();
});

const KINDS = [
  ['Application', 'argoproj.io', 'v1'],
  ['ApplicationSet', 'argoproj.io', 'v1'],
  ['AppProject', 'argoproj.io', 'v1'],
] as const;

const FINALIZER = 'resources-finalizer.argocd.argoproj.io';

/** An app of apps, as in argocd-example-apps, and an ApplicationSet with a generator of directories. */
function layoutOf(ns: string, git: string): Readonly<Record<string, string>> {
  const spec = (path: string, namespace: string) => `project: default
  source: { repoURL: ${git}, targetRevision: main, path: ${path} }
  destination: { server: https://kubernetes.default.svc, namespace: ${namespace} }
  syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: [CreateNamespace=true] }
`;
  const application = (name: string, path: string) => `apiVersion: argoproj.io/v1
kind: Application
metadata: { name: ${name}, namespace: ${ns}, finalizers: [${FINALIZER}] }
spec:
  ${spec(path, ns)}`;
  return {
    'argo/root.yaml': application('root', 'argo/apps'),
    'argo/apps/web.yaml': application('web', 'apps/web/overlays/prod'),
    'argo/apps/settings.yaml': application('settings', 'apps/settings'),
    'argo/apps/tenants.yaml': `apiVersion: argoproj.io/v1
kind: ApplicationSet
metadata: { name: tenants, namespace: ${ns} }
spec:
  goTemplate: true
  generators: [{ git: { repoURL: ${git}, revision: main, directories: [{ path: tenants/* }] } }]
  template:
    metadata: { name: '{{.path.basename}}' }
    spec:
      ${spec("'{{.path.path}}'", "'{{.path.basename}}'").replaceAll('\n  ', '\n      ')}`,
    'apps/web/base/kustomization.yaml': 'resources: [web.yaml]\n',
    'apps/web/base/web.yaml': configMap('web', { from: 'base' }),
    'apps/web/overlays/prod/kustomization.yaml': 'resources: [../../base]\nnamePrefix: prod-\n',
    'apps/settings/settings.yaml': configMap('settings', { a: '1' }),
    'apps/settings/more/ignored.yaml': configMap('ignored', { a: '1' }),
    [`tenants/${ns}-a/tenant.yaml`]: configMap('tenant', { a: '1' }),
    [`tenants/${ns}-b/tenant.yaml`]: configMap('tenant', { b: '1' }),
  };
}

/** What Argo CD has applied, with what it records. */
async function installWithArgo(files: Readonly<Record<string, string>>): Promise<void> {
  const ns = testbed.namespace;
  const tracked = (app: string, namespace: string) => ({
    manager: 'argocd-controller',
    annotations: ({ metadata }: { metadata: { name: string } }) => ({
      'argocd.argoproj.io/tracking-id': `${app}:/ConfigMap:${namespace}/${metadata.name}`,
    }),
  });
  const inNamespace = (text: string, namespace: string) =>
    text.replace('metadata:\n', `metadata:\n  namespace: ${namespace}\n`);
  const text = (path: string) => files[path] ?? '';
  for (const tenant of ['a', 'b']) {
    const namespace = `${ns}-${tenant}`;
    await testbed.kubectl('create', 'namespace', namespace);
    await applyAs(
      testbed,
      inNamespace(text(`tenants/${namespace}/tenant.yaml`), namespace),
      tracked(namespace, namespace),
    );
  }
  await applyAs(testbed, inNamespace(await kustomized(testbed, 'apps/web/overlays/prod'), ns), tracked('web', ns));
  await applyAs(testbed, inNamespace(text('apps/settings/settings.yaml'), ns), tracked('settings', ns));
  const applications = ['argo/root.yaml', 'argo/apps/web.yaml', 'argo/apps/settings.yaml', 'argo/apps/tenants.yaml'];
  for (const path of applications) await applyAs(testbed, text(path), { manager: 'argocd-controller' });
  for (const tenant of ['a', 'b']) {
    const namespace = `${ns}-${tenant}`;
    const set = parentOf(
      await testbed.kubectl('-n', ns, 'get', 'applicationsets.argoproj.io', 'tenants', '-o', 'json'),
    );
    const child = text('argo/apps/web.yaml')
      .replace('name: web,', `name: ${namespace}, ownerReferences: [${set}],`)
      .replace('apps/web/overlays/prod', `tenants/${namespace}`)
      .replaceAll(`namespace: ${ns} }\n  sync`, `namespace: ${namespace} }\n  sync`);
    await applyAs(testbed, child, { manager: 'argocd-applicationset-controller' });
  }
  const status = (sourceType: string, resources: readonly object[]) =>
    JSON.stringify({ status: { sourceType, resources } });
  const patches: Readonly<Record<string, string>> = {
    root: status('Directory', [{ group: 'argoproj.io', kind: 'Application', namespace: ns, name: 'web' }]),
    web: status('Kustomize', [{ kind: 'ConfigMap', namespace: ns, name: 'prod-web' }]),
    settings: status('Directory', [{ kind: 'ConfigMap', namespace: ns, name: 'settings' }]),
  };
  for (const [name, patch] of Object.entries(patches))
    await testbed.kubectl('-n', ns, 'patch', 'applications.argoproj.io', name, '--type=merge', '-p', patch);
}

function parentOf(json: string): string {
  const { metadata } = JSON.parse(json) as { metadata: { uid: string } };
  return `{ apiVersion: argoproj.io/v1, kind: ApplicationSet, name: tenants, uid: ${metadata.uid} }`;
}

it('writes a headgate.yml for an app of apps and an ApplicationSet of Argo CD, with which the move to Headgate changes only the owner', async () => {
  testbed = await Testbed.build();
  const ns = testbed.namespace;
  await defineKinds(testbed, KINDS);
  const files = layoutOf(ns, testbed.host.cloneUrl('acme/fleet'));
  await testbed.push(files);
  await installWithArgo(files);

  const fromFiles = await importWith(testbed, 'files.yml', 'argocd', '--from-files', join(testbed.work, 'argo'));
  const fromCluster = await importWith(testbed, 'cluster.yml', 'argocd', '--from-cluster');
  for (const report of [fromFiles, fromCluster]) {
    expect(report.targets.map(({ name }) => name).toSorted()).toEqual(['settings', 'web', '{{basename}}']);
    expect(report.targets.filter(({ suspended, incomplete }) => suspended || incomplete)).toEqual([]);
    expect(report.remarks.filter(({ kind }) => kind !== 'note')).toEqual([]);
  }
  expect(await readFile(join(testbed.directory, 'beside', 'files.yml'), 'utf8')).toContain(
    `namespaces: [${ns}-a, ${ns}-b]`,
  );
  expect((await beside(testbed, 'check', '--config', 'files.yml')).code).toBe(0);
  const targets = ['web', 'settings', `${ns}-a`, `${ns}-b`];
  for (const config of ['files.yml', 'cluster.yml'])
    for (const name of targets)
      expect([config, name, await operationsOf(testbed, config, name)]).toEqual([config, name, { update: 1 }]);

  // The steps of docs/migrate.md.
  const manual = ['--type=json', '-p', '[{"op":"remove","path":"/spec/syncPolicy/automated"}]'];
  for (const name of ['root', ...targets])
    await testbed.kubectl('-n', ns, 'patch', 'applications.argoproj.io', name, ...manual);
  for (const name of targets) {
    const { code, stderr } = await beside(testbed, 'deploy', name, '--config', 'files.yml');
    expect([name, code, code === 0 ? '' : stderr]).toEqual([name, 0, '']);
  }
  const orphan = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}'];
  for (const name of ['root', ...targets]) {
    await testbed.kubectl('-n', ns, 'patch', 'applications.argoproj.io', name, ...orphan);
    await testbed.kubectl('-n', ns, 'delete', 'applications.argoproj.io', name, '--cascade=orphan');
  }
  const maps = await testbed.configMaps();
  expect([maps['prod-web'], maps['settings']]).toEqual([{ from: 'base' }, { a: '1' }]);
  expect(Object.keys(metadataMap((await testbed.get('configmap', 'prod-web')) ?? {}, 'annotations'))).toEqual([
    'headgate.dev/source',
  ]);
  for (const name of targets) expect(await operationsOf(testbed, 'files.yml', name)).toEqual({});
  await testbed.kubectl('delete', 'namespace', `${ns}-a`, `${ns}-b`, '--wait=false');
}, 240_000);
