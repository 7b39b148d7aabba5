import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { metadataMap } from '../../../src/resource/resource.ts';
import { getTools } from '../../rig/programs/tools.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import {
  applyAs,
  beside,
  defineKinds,
  importWith,
  kustomized,
  operationsOf,
  removeKinds,
  writeChart,
} from './installed.ts';

let testbed: Testbed;
let server: Server | null = null;

afterEach(async () => {
  server?.close();
  await removeKinds(testbed, KINDS);
  await testbed.tearDown();
});

const KINDS = [
  ['GitRepository', 'source.toolkit.fluxcd.io', 'v1'],
  ['HelmRepository', 'source.toolkit.fluxcd.io', 'v1'],
  ['Kustomization', 'kustomize.toolkit.fluxcd.io', 'v1'],
  ['HelmRelease', 'helm.toolkit.fluxcd.io', 'v2'],
] as const;

/** The layout of flux2-kustomize-helm-example: clusters, infrastructure, and apps with a base and an overlay. */
function layoutOf(ns: string, git: string, charts: string): Readonly<Record<string, string>> {
  const kustomization = (name: string, path: string, more = '') => `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: ${ns} }
spec: { interval: 10m, retryInterval: 1m, timeout: 5m, sourceRef: { kind: GitRepository, name: flux-system }, path: ./${path}, prune: true, wait: true${more} }
`;
  const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${ns}-${name} }\n`;
  const repository = (name: string) =>
    `apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: { name: ${name}, namespace: ${ns}-${name} }\nspec: { interval: 5m, url: ${charts} }\n`;
  const release = (name: string, version: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: ${name}, namespace: ${ns}-${name} }
spec:
  interval: 50m
  releaseName: ${name}
  driftDetection: { mode: enabled }
  chart: { spec: { chart: web, version: ${version}, sourceRef: { kind: HelmRepository, name: ${name} } } }
  values: { replicas: 2 }
`;
  return {
    'clusters/production/flux-system/gotk-components.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${ns} }\n`,
    'clusters/production/flux-system/gotk-sync.yaml': `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: ${ns} }
spec: { interval: 1m0s, ref: { branch: main }, url: ${git} }
${kustomization('flux-system', 'clusters/production')}`,
    'clusters/production/flux-system/kustomization.yaml': 'resources: [gotk-components.yaml, gotk-sync.yaml]\n',
    'clusters/production/infrastructure.yaml':
      kustomization('infra-controllers', 'infrastructure/controllers') +
      kustomization('infra-configs', 'infrastructure/configs', ', dependsOn: [{ name: infra-controllers }]'),
    'clusters/production/apps.yaml': kustomization('apps', 'apps/production', ', dependsOn: [{ name: infra-configs }]'),
    'infrastructure/controllers/ingress.yaml': [
      namespace('ingress'),
      repository('ingress'),
      release('ingress', '1.0.0'),
    ].join('---\n'),
    'infrastructure/configs/settings.yaml': configMap('settings', { a: '1' }, `  namespace: ${ns}-ingress\n`),
    'apps/base/podinfo/kustomization.yaml': `namespace: ${ns}-podinfo\nresources: [namespace.yaml, repository.yaml, release.yaml, settings.yaml]\n`,
    'apps/base/podinfo/namespace.yaml': namespace('podinfo'),
    'apps/base/podinfo/repository.yaml': repository('podinfo'),
    'apps/base/podinfo/release.yaml': release('podinfo', '">=0.9.0"'),
    'apps/base/podinfo/settings.yaml': configMap('settings', { from: 'base' }),
    'apps/production/kustomization.yaml': 'resources: [../base/podinfo]\npatches: [{ path: podinfo-values.yaml }]\n',
    'apps/production/podinfo-values.yaml': `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: podinfo, namespace: ${ns}-podinfo }
spec: { chart: { spec: { version: 1.0.0 } }, values: { color: red } }
`,
  };
}

async function serveChart(directory: string): Promise<string> {
  const { helm } = await getTools();
  execFileSync(helm, ['package', await writeChart(directory, 'web'), '-d', directory], { stdio: 'pipe' });
  const archive = await readFile(join(directory, 'web-1.0.0.tgz'));
  const files = new Map([['/web-1.0.0.tgz', archive]]);
  server = createServer((request, response) => {
    const bytes = files.get(request.url ?? '');
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entry = `  - { apiVersion: v2, name: web, version: 1.0.0, urls: [${url}/web-1.0.0.tgz] }`;
  files.set('/index.yaml', Buffer.from(`apiVersion: v1\nentries:\n  web:\n${entry}\n`));
  return url;
}

/** The marks of kustomize-controller. */
const ownedBy = (name: string) => ({
  manager: 'kustomize-controller',
  labels: {
    'kustomize.toolkit.fluxcd.io/name': name,
    'kustomize.toolkit.fluxcd.io/namespace': testbed.namespace,
  },
});

/** What kustomize-controller and helm-controller have applied, with what they record. */
async function installWithFlux(files: Readonly<Record<string, string>>): Promise<void> {
  const ns = testbed.namespace;
  const text = (path: string) => files[path] ?? '';
  await applyAs(testbed, text('infrastructure/controllers/ingress.yaml'), ownedBy('infra-controllers'));
  await applyAs(testbed, text('infrastructure/configs/settings.yaml'), ownedBy('infra-configs'));
  await applyAs(testbed, await kustomized(testbed, 'apps/production'), ownedBy('apps'));
  const recorded: Readonly<Record<string, readonly string[]>> = {
    'flux-system': [`${ns}_apps_kustomize.toolkit.fluxcd.io_Kustomization`],
    'infra-controllers': [
      `_${ns}-ingress__Namespace`,
      `${ns}-ingress_ingress_source.toolkit.fluxcd.io_HelmRepository`,
      `${ns}-ingress_ingress_helm.toolkit.fluxcd.io_HelmRelease`,
    ],
    'infra-configs': [`${ns}-ingress_settings__ConfigMap`],
    apps: [
      `_${ns}-podinfo__Namespace`,
      `${ns}-podinfo_settings__ConfigMap`,
      `${ns}-podinfo_podinfo_helm.toolkit.fluxcd.io_HelmRelease`,
    ],
  };
  for (const path of ['flux-system/gotk-sync', 'infrastructure', 'apps'])
    await applyAs(testbed, text(`clusters/production/${path}.yaml`), ownedBy('flux-system'));
  for (const [name, ids] of Object.entries(recorded)) {
    const entries = ids.map((id) => ({ id, v: 'v1' }));
    const patch = JSON.stringify({ status: { inventory: { entries } } });
    await testbed.kubectl(
      '-n',
      ns,
      'patch',
      'kustomizations.kustomize.toolkit.fluxcd.io',
      name,
      '--type=merge',
      '-p',
      patch,
    );
  }
  const { helm } = await getTools();
  for (const [name, values] of [
    ['ingress', 'color=blue'],
    ['podinfo', 'color=red'],
  ] as const) {
    const rendered = execFileSync(
      helm,
      ['template', name, join(testbed.directory, 'web'), `--namespace=${ns}-${name}`, `--set=${values},replicas=2`],
      { encoding: 'utf8' },
    ).replaceAll('metadata: {', `metadata: { namespace: ${ns}-${name},`);
    const annotations = () => ({
      'meta.helm.sh/release-name': name,
      'meta.helm.sh/release-namespace': `${ns}-${name}`,
    });
    const labels = { 'helm.toolkit.fluxcd.io/name': name, 'helm.toolkit.fluxcd.io/namespace': `${ns}-${name}` };
    await applyAs(testbed, rendered, { manager: 'helm-controller', labels, annotations });
  }
}

it('writes a headgate.yml for the layout of a Flux repository, with which the move to Headgate changes only the owner', async () => {
  testbed = await Testbed.build();
  const ns = testbed.namespace;
  await defineKinds(testbed, KINDS);
  const files = layoutOf(ns, testbed.host.cloneUrl('acme/fleet'), await serveChart(testbed.directory));
  await testbed.push(files);
  await installWithFlux(files);

  const fromFiles = await importWith(
    testbed,
    'files.yml',
    'flux',
    '--from-files',
    join(testbed.work, 'clusters/production'),
  );
  const fromCluster = await importWith(testbed, 'cluster.yml', 'flux', '--from-cluster');
  const names = ['apps', 'infra-configs', 'infra-controllers', 'ingress', 'podinfo'];
  for (const report of [fromFiles, fromCluster]) {
    expect(report.targets.map(({ name }) => name).toSorted()).toEqual(names);
    expect(report.targets.filter(({ suspended, incomplete }) => suspended || incomplete)).toEqual([]);
    expect(report.remarks.filter(({ kind }) => kind !== 'note')).toEqual([]);
  }
  expect((await beside(testbed, 'check', '--config', 'files.yml')).code).toBe(0);
  const updates = { apps: 4, 'infra-configs': 1, 'infra-controllers': 3, ingress: 1, podinfo: 1 };
  for (const config of ['files.yml', 'cluster.yml'])
    for (const [name, update] of Object.entries(updates))
      expect([config, name, await operationsOf(testbed, config, name)]).toEqual([config, name, { update }]);

  // The steps of docs/migrate.md.
  const uidsOf = async () =>
    (
      await testbed.kubectl(
        'get',
        'configmaps',
        '-A',
        '-o',
        'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.metadata.uid}{"\\n"}{end}',
      )
    )
      .split('\n')
      .filter((line) => line.startsWith(`${ns}-`) && !/headgate-|kube-root/.test(line))
      .toSorted();
  const before = await uidsOf();
  // Suspended in Git: what kubectl sets leaves an object that is adopted.
  const suspended = Object.fromEntries(
    ['infrastructure/controllers/ingress.yaml', 'apps/base/podinfo/release.yaml'].map((path) => [
      path,
      (files[path] ?? '').replace('interval: 50m\n', 'interval: 50m\n  suspend: true\n'),
    ]),
  );
  await testbed.push(suspended);
  await applyAs(testbed, suspended['infrastructure/controllers/ingress.yaml'] ?? '', ownedBy('infra-controllers'));
  await applyAs(testbed, await kustomized(testbed, 'apps/production'), ownedBy('apps'));
  for (const name of ['apps', 'infra-configs', 'infra-controllers'])
    await testbed.kubectl(
      '-n',
      ns,
      'patch',
      'kustomizations.kustomize.toolkit.fluxcd.io',
      name,
      '--type=merge',
      '-p',
      '{"spec":{"suspend":true}}',
    );
  for (const name of ['infra-controllers', 'infra-configs', 'ingress', 'apps', 'podinfo']) {
    const { code, stderr } = await beside(testbed, 'deploy', name, '--config', 'files.yml');
    expect([name, code, code === 0 ? '' : stderr]).toEqual([name, 0, '']);
  }
  expect(await uidsOf()).toEqual(before);
  const isSuspended = await testbed.kubectl(
    '-n',
    `${ns}-podinfo`,
    'get',
    'helmreleases.helm.toolkit.fluxcd.io',
    'podinfo',
    '-o',
    'jsonpath={.spec.suspend}',
  );
  expect(isSuspended).toBe('true');
  const moved = JSON.parse(
    await testbed.kubectl('-n', `${ns}-podinfo`, 'get', 'configmap', 'podinfo', '-o', 'json'),
  ) as Parameters<typeof metadataMap>[0];
  expect(Object.keys(metadataMap(moved, 'annotations'))).toEqual(['headgate.dev/source']);
  expect(Object.keys(metadataMap(moved, 'labels')).toSorted()).toEqual([
    'app.kubernetes.io/managed-by',
    'applyset.kubernetes.io/part-of',
  ]);

  // What Headgate deletes now is only what belongs to Flux.
  await testbed.push({
    'apps/base/podinfo/kustomization.yaml': `namespace: ${ns}-podinfo\nresources: [namespace.yaml, settings.yaml]\n`,
    'apps/production/kustomization.yaml': 'resources: [../base/podinfo]\n',
  });
  for (const name of ['infra-controllers', 'infra-configs'])
    await beside(testbed, 'deploy', name, '--config', 'files.yml');
  expect(await operationsOf(testbed, 'files.yml', 'apps')).toEqual({ prune: 2 });
  const last = await beside(testbed, 'deploy', 'apps', '--config', 'files.yml');
  expect([last.code, last.code === 0 ? '' : last.stderr]).toEqual([0, '']);
  expect(await uidsOf()).toEqual(before);
  await testbed.kubectl('delete', 'namespace', `${ns}-podinfo`, `${ns}-ingress`, '--wait=false');
}, 240_000);
