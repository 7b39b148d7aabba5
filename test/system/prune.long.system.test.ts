import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startControlPlane } from '../rig/cluster/control-plane.ts';
import type { ControlPlane } from '../rig/cluster/control-plane.ts';
import { getParts } from '../rig/cluster/parts.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

/** A kind of this test's own, served in these versions. */
const definitionOf = (group: string, served: readonly string[]) =>
  widgetDefinition(
    group,
    ['v1beta1', 'v1'].map((name) => ({ name, served: served.includes(name) })),
  );

describe('a custom resource that leaves Git', () => {
  it('is deleted by a process that did not know its kind, in the version that is served now', async () => {
    testbed = await Testbed.build();
    const group = `${testbed.namespace}.example.com`;
    await testbed.applyByHand(definitionOf(group, ['v1beta1', 'v1']));
    await testbed.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
    await testbed.start();
    const widget = (name: string) => `apiVersion: ${group}/v1beta1\nkind: Widget\nmetadata: { name: ${name} }\n`;
    const first = await testbed.push({
      'apps/one.yaml': widget('one'),
      'apps/two.yaml': widget('two'),
      'apps/c.yaml': configMap('c'),
    });
    await testbed.outcome(first, 'deployed');
    await testbed.stop();

    await testbed.start();
    const second = await testbed.push({ 'apps/one.yaml': null });
    expect(await testbed.outcome(second)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await testbed.get(`widgets.${group}`, 'one')).toBeNull();

    await testbed.applyByHand(definitionOf(group, ['v1']));
    await testbed.stop();
    await testbed.start();
    const third = await testbed.push({ 'apps/two.yaml': null });
    expect(await testbed.outcome(third)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await testbed.get(`widgets.${group}`, 'two')).toBeNull();
    await testbed.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  });
});

describe('a directory of manifests that can no longer be read', () => {
  it.each(['c', 'c.v2'])('keeps its objects when %s becomes a submodule, and later a link', async (name) => {
    testbed = await Testbed.build();
    await testbed.start();
    const files = { [`apps/${name}/c1.yaml`]: configMap('c1'), [`apps/${name}/c2.yaml`]: configMap('c2') };
    const first = await testbed.push({ ...files, 'apps/other.yaml': configMap('other') });
    await testbed.outcome(first, 'deployed');

    await testbed.git('rm', '-rq', `apps/${name}`);
    await testbed.git('update-index', '--add', '--cacheinfo', `160000,${first},apps/${name}`);
    await testbed.git('commit', '-qm', 'a submodule');
    await testbed.git('push', '-q', 'origin', 'HEAD:main');
    const submodule = await testbed.git('rev-parse', 'HEAD');
    expect(await testbed.outcome(submodule)).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'file-unreadable', subject: `apps/${name}` }],
    });

    await testbed.git('rm', '-q', '--cached', `apps/${name}`);
    await testbed.link(`apps/${name}`, '..');
    const link = await testbed.commitAndPush();
    expect(await testbed.outcome(link)).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'file-unreadable', subject: `apps/${name}` }],
    });
    expect(Object.keys(await testbed.configMaps())).toEqual(['c1', 'c2', 'other']);

    await testbed.git('rm', '-q', `apps/${name}`);
    const back = await testbed.push(files);
    expect(await testbed.outcome(back)).toMatchObject({ pruned: 0 });
  });
});

describe('the path of a target that can no longer be read', () => {
  it.each(['deep/apps', 'deep'])('keeps its objects when %s becomes a submodule or a link', async (name) => {
    testbed = await Testbed.build({ target: { path: 'deep/apps', prune: { empty: true } } });
    await testbed.start();
    const first = await testbed.push({ 'deep/apps/a.yaml': configMap('a'), 'README.md': '' });
    await testbed.outcome(first, 'deployed');
    await testbed.git('rm', '-rq', 'deep');
    await testbed.git('update-index', '--add', '--cacheinfo', `160000,${first},${name}`);
    await testbed.git('commit', '-qm', 'a submodule');
    await testbed.git('push', '-q', 'origin', 'HEAD:main');
    expect(await testbed.outcome(await testbed.git('rev-parse', 'HEAD'))).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'file-unreadable', subject: name }],
    });

    await testbed.git('rm', '-q', '--cached', name);
    await testbed.write({ 'deep/README.md': '' });
    if (name === 'deep') await testbed.write({ deep: null });
    await testbed.link(name, 'README.md');
    expect(await testbed.outcome(await testbed.commitAndPush())).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'file-unreadable', subject: name }],
    });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a']);
  });
});

const KEPT: readonly (readonly [string, string])[] = [
  ['headgate.dev/prune', 'false'],
  ['helm.sh/resource-policy', 'keep'],
  ['argocd.argoproj.io/sync-options', 'Prune=false'],
  ['client.lifecycle.config.k8s.io/deletion', 'detach'],
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
];

describe('an object that leaves Git (E)', () => {
  it('is deleted in the reverse order of applying, unless its annotations or its kind protect it', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const marked = Object.fromEntries(
      KEPT.map(([key, value], n) => [
        `apps/kept-${n}.yaml`,
        configMap(`kept-${n}`, {}, `  annotations: { ${key}: "${value}" }\n`),
      ]),
    );
    const files = {
      ...marked,
      'apps/account.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: account }\n',
      'apps/config.yaml': configMap('config'),
      'apps/service.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80 }] }\n',
      'apps/claim.yaml':
        'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n',
    };
    await testbed.outcome(await testbed.push({ ...files, 'apps/stays.yaml': configMap('stays') }), 'deployed');
    const all = Object.fromEntries(Object.keys(files).map((file) => [file, null]));
    const revision = await testbed.push(all);
    const outcome = await testbed.outcome(revision);
    expect(outcome).toMatchObject({ verdict: 'deployed', pruned: 3 });
    expect(outcome['warnings']).toHaveLength(KEPT.length + 1);
    expect(Object.keys(await testbed.configMaps())).toEqual([...KEPT.map((_, n) => `kept-${n}`), 'stays']);
    expect(await testbed.get('pvc', 'data')).not.toBeNull();
    const deletes = (await testbed.auditOf(`${testbed.namespace}@${revision.slice(0, 12)}`))
      .filter(({ verb }) => verb === 'delete')
      .map(({ uri }) => uri.split('?')[0]?.split('/').slice(-2).join('/'));
    expect(deletes).toEqual(['services/web', 'configmaps/config', 'serviceaccounts/account']);
  });

  it('is deleted under its old name when it was renamed, and a protected object stays under both names (E6)', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const secret = (name: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\nstringData: { k: v }\n`;
    const kept = (name: string) => configMap(name, {}, '  annotations: { headgate.dev/prune: "false" }\n');
    await testbed.outcome(await testbed.push({ 'apps/s.yaml': secret('one'), 'apps/k.yaml': kept('one') }), 'deployed');
    const renamed = await testbed.push({ 'apps/s.yaml': secret('two'), 'apps/k.yaml': kept('two') });
    expect(await testbed.outcome(renamed)).toMatchObject({ verdict: 'deployed', created: 2, pruned: 1 });
    expect([await testbed.get('secret', 'one'), (await testbed.get('secret', 'two')) !== null]).toEqual([null, true]);
    expect(Object.keys(await testbed.configMaps())).toEqual(['one', 'two']);
  });

  it('is not deleted with all others unless prune.empty allows it, and never by a suspended target (E5)', async () => {
    const target: Record<string, unknown> = {};
    testbed = await Testbed.build({ target });
    await testbed.push({ 'apps/a.yaml': configMap('a') });
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 0 });
    await testbed.push({ 'apps/a.yaml': null, 'apps/README.md': 'empty on purpose' });
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 1 });
    target['prune'] = { empty: true };
    target['suspend'] = true;
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 1 });
    expect(await testbed.headgate('sweep')).toMatchObject({ code: 0 });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a']);
    target['suspend'] = false;
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 0 });
    expect(await testbed.configMaps()).toEqual({});
  });

  it('stays when its branch is deleted, after the delivery and after a sweep (E13)', async () => {
    testbed = await Testbed.build({ target: { branch: 'release' } });
    await testbed.start();
    await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') });
    await testbed.git('push', '-q', 'origin', 'HEAD:release');
    await testbed.outcome(await testbed.git('rev-parse', 'HEAD'), 'deployed');
    await testbed.git('push', '-q', 'origin', ':release');
    await testbed.host.settled();
    await testbed.stop();
    const { code, stderr } = await testbed.headgate('deploy', testbed.namespace);
    expect(code).toBe(1);
    expect(stderr).toContain('release');
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b']);
  });

  it('stays when the Git host fails in the middle of a response (E13)', async () => {
    testbed = await Testbed.build();
    await testbed.push({
      'apps/a.yaml': configMap('a'),
      'apps/x/b.yaml': configMap('b'),
      'apps/x/c.yaml': configMap('c'),
    });
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 0 });
    await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }), 'apps/x/b.yaml': null });
    let after = 0;
    for (;;) {
      // More often than it is asked again.
      testbed.host.faults = { git: { status: 503, times: 50, after } };
      const { code, stderr } = await testbed.headgate('deploy', testbed.namespace);
      if (code === 0) break;
      expect(stderr).toContain('git-unreachable');
      expect(await testbed.configMaps()).toEqual({ a: {}, b: {}, c: {} });
      after += 1;
    }
    expect(after).toBeGreaterThan(2);
    expect(await testbed.configMaps()).toEqual({ a: { v: '2' }, c: {} });
  });
});

const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;
const inNamespace = (name: string, namespaceName: string) => configMap(name, {}, `  namespace: ${namespaceName}\n`);

const MAY_PRUNE = {
  namespaces: ['NAMESPACE', 'NAMESPACE-team'],
  clusterScoped: true,
  prune: { kinds: ['Namespace'] },
};
const isThere = async (name: string) => {
  const found = await testbed.kubectl('get', 'namespace', name, '--ignore-not-found', '-o', 'jsonpath={.status.phase}');
  return found === 'Active';
};

describe('a Namespace that leaves Git, where prune.kinds allows its deletion', () => {
  const lists = async (revision: string) =>
    (await testbed.auditOf(`${testbed.namespace}@${revision.slice(0, 12)}`)).filter(({ verb }) => verb === 'list');

  it('stays for what Git or others have in it, is named on the commit, and is looked at again when something in it leaves Git', async () => {
    testbed = await Testbed.build({ target: MAY_PRUNE });
    const team = `${testbed.namespace}-team`;
    await testbed.start();
    const files = {
      'apps/ns.yaml': namespace(team),
      'apps/a.yaml': inNamespace('a', team),
      'apps/b.yaml': inNamespace('b', team),
      'apps/c.yaml': configMap('c'),
    };
    await testbed.outcome(await testbed.push(files), 'deployed');
    await testbed.kubectl('-n', team, 'create', 'configmap', 'foreign');
    await testbed.kubectl('-n', team, 'create', 'secret', 'generic', 'z');

    const second = await testbed.push({ 'apps/ns.yaml': null });
    const reason = `it still contains 4 objects: ConfigMap ${team}/a, ConfigMap ${team}/b, ConfigMap ${team}/foreign, …`;
    expect(await testbed.outcome(second)).toMatchObject({
      verdict: 'deployed',
      pruned: 0,
      warnings: [{ subject: `Namespace ${team}`, message: `removed from Git, but kept in the cluster: ${reason}` }],
    });
    expect(await isThere(team)).toBe(true);
    await testbed.host.settled();
    expect(testbed.host.statusesOf(second).at(-1)?.description).toMatch(new RegExp(`^Namespace ${team} kept`));
    const sweep = await testbed.headgate('sweep');
    expect([sweep.code, (await lists(second)).length > 20]).toEqual([0, true]);
    expect(testbed.log.filter((line) => line['delivery'] === 'sweep')).toEqual([]);

    await testbed.write({ 'apps/a.yaml': null, 'apps/b.yaml': null });
    const third = await testbed.commitAndPush();
    expect(await testbed.outcome(third)).toMatchObject({
      verdict: 'deployed',
      pruned: 2,
      warnings: [
        { message: expect.stringContaining(`it still contains 2 objects: ConfigMap ${team}/foreign, Secret`) },
      ],
    });
    expect(await isThere(team)).toBe(true);
    const unrelated = await testbed.push({ 'apps/c.yaml': configMap('c', { v: '2' }) });
    await testbed.outcome(unrelated, 'deployed');
    expect(await lists(unrelated)).toEqual([]);
    await testbed.kubectl('delete', 'namespace', team, '--wait=false');
  });

  it('stays when something in it cannot be listed', async () => {
    testbed = await Testbed.build({ target: { ...MAY_PRUNE, serviceAccount: 'NAMESPACE/deployer' } });
    const { namespace: name } = testbed;
    const team = `${name}-team`;
    await testbed.kubectl('-n', name, 'create', 'serviceaccount', 'deployer');
    const resources = ['namespaces', 'configmaps'].map((resource) => `--resource=${resource}`);
    await testbed.kubectl('create', 'clusterrole', name, '--verb=get,list,create,patch,delete', ...resources);
    const account = `--serviceaccount=${name}:deployer`;
    await testbed.kubectl('create', 'clusterrolebinding', name, `--clusterrole=${name}`, account);
    const allowed = ['auth', 'can-i', 'patch', 'configmaps', `--as=system:serviceaccount:${name}:deployer`];
    await vi.waitFor(() => testbed.kubectl('-n', name, ...allowed), { timeout: 10_000, interval: 50 });
    await testbed.start();
    await testbed.outcome(
      await testbed.push({ 'apps/ns.yaml': namespace(team), 'apps/c.yaml': configMap('c') }),
      'deployed',
    );
    const removed = await testbed.push({ 'apps/ns.yaml': null });
    expect(await testbed.outcome(removed)).toMatchObject({
      pruned: 0,
      warnings: [{ message: expect.stringMatching(/not everything in it can be listed: .* \(HTTP 403\)/) }],
    });
    expect(await isThere(team)).toBe(true);
    await testbed.kubectl('delete', 'clusterrolebinding', name);
    await testbed.kubectl('delete', 'clusterrole', name);
    await testbed.kubectl('delete', 'namespace', team, '--wait=false');
  });
});

describe('a definition that leaves Git together with the custom resources of another target', () => {
  it('goes once that target has deleted them, also when that runs later', async () => {
    const { namespace: name } = (testbed = await Testbed.build({
      targets: [
        { name: 'NAMESPACE-a', path: 'a', clusterScoped: true, prune: { kinds: ['CustomResourceDefinition'] } },
        { name: 'NAMESPACE-b', path: 'b', dependsOn: ['NAMESPACE-a'] },
      ],
    }));
    const group = `${name}.example.com`;
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' } };
    await testbed.start();
    await testbed.push({
      'a/own.yaml': configMap('a'),
      'a/definition.json': widgetDefinition(group, [{ name: 'v1' }]),
      'b/own.yaml': configMap('b'),
      'b/w.json': JSON.stringify(widget),
    });
    await testbed.logged((line) => line['target'] === `${name}-b` && line['created'] === 2);
    testbed.log.length = 0;
    await testbed.push({ 'a/definition.json': null, 'b/w.json': null });
    const waiting = await testbed.logged((line) => line['target'] === `${name}-a` && line['pruned'] === 0);
    expect(waiting['warnings']).toMatchObject([
      { message: expect.stringContaining(`target ${name}-b may have objects in it`) as string },
    ]);
    await testbed.logged((line) => line['target'] === `${name}-b` && line['pruned'] === 1);
    await testbed.logged((line) => line['target'] === `${name}-a` && line['pruned'] === 1);
  });
});

/** In a cluster of its own: an aggregated API that does not answer, as another test may add one, would keep the Namespace. */
describe('a Namespace that leaves Git and contains nothing else', () => {
  let plane: ControlPlane;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-plane-'));
    plane = await startControlPlane({ parts: await getParts(), directory, controllers: false });
  }, 120_000);

  afterAll(async () => {
    await plane.stop();
    await rm(directory, { recursive: true });
  });

  it('goes in the same push as what is in it, as headgate plan shows', async () => {
    testbed = await Testbed.build({ target: { ...MAY_PRUNE, wait: '0s' }, cluster: plane.address });
    const team = `${testbed.namespace}-team`;
    const workload = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: ${team} }\nspec: { selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, image: i }] } } }\n`;
    await testbed.start();
    const first = await testbed.push({
      'apps/ns.yaml': namespace(team),
      'apps/a.yaml': inNamespace('a', team),
      'apps/web.yaml': workload,
      'apps/c.yaml': configMap('c'),
    });
    await testbed.outcome(first, 'deployed');
    await testbed.stop();
    await testbed.kubectl('-n', team, 'create', 'configmap', 'foreign');
    await testbed.push({ 'apps/ns.yaml': null, 'apps/a.yaml': null, 'apps/web.yaml': null });
    const kept = await testbed.headgate('plan', testbed.namespace);
    expect(kept.stdout).toContain(
      `keep Namespace ${team}  (apps/ns.yaml): it still contains 1 object: ConfigMap ${team}/foreign\n`,
    );
    await testbed.kubectl('-n', team, 'delete', 'configmap', 'foreign');
    expect((await testbed.headgate('plan', testbed.namespace)).stdout).toContain('3 to prune');
    await testbed.start();
    expect(await testbed.outcome(await testbed.push({ 'apps/d.yaml': configMap('d') }), 'deployed')).toMatchObject({
      pruned: 3,
      warnings: [],
    });
    expect(await isThere(team)).toBe(false);
  }, 120_000);

  it('stays when its target is uninstalled while others have something in it, and goes otherwise', async () => {
    testbed = await Testbed.build({ target: MAY_PRUNE, cluster: plane.address });
    const team = `${testbed.namespace}-team`;
    const files = { 'apps/ns.yaml': namespace(team), 'apps/a.yaml': inNamespace('a', team) };
    await testbed.start();
    await testbed.outcome(await testbed.push(files), 'deployed');
    await testbed.kubectl('-n', team, 'create', 'configmap', 'foreign');
    const kept = await testbed.headgate('--yes', 'uninstall', testbed.namespace);
    expect(kept).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        `keep and stop managing Namespace ${team}: it still contains 1 object: ConfigMap ${team}/foreign\n`,
      ),
    });
    expect(await isThere(team)).toBe(true);
    await testbed.kubectl('-n', team, 'delete', 'configmap', 'foreign');
    const again = { 'apps/a.yaml': configMap('a', { v: '2' }, `  namespace: ${team}\n`) };
    await testbed.outcome(await testbed.push(again), 'deployed');
    expect(await testbed.headgate('--yes', 'uninstall', testbed.namespace)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 deleted, 0 kept'),
    });
    expect(await isThere(team)).toBe(false);
  });
});

describe('a CustomResourceDefinition that leaves Git, where prune.kinds allows its deletion', () => {
  it('stays while custom resources stay in any namespace, and goes with the last one', async () => {
    testbed = await Testbed.build({
      target: { clusterScoped: true, prune: { kinds: ['CustomResourceDefinition'] } },
    });
    const group = `${testbed.namespace}.example.com`;
    const definition = `widgets.${group}`;
    const widget = (name: string) => `apiVersion: ${group}/v1\nkind: Widget\nmetadata: { name: ${name} }\n`;
    await testbed.start();
    const files = { 'apps/crd.yaml': definitionOf(group, ['v1']), 'apps/c.yaml': configMap('c') };
    await testbed.outcome(await testbed.push({ ...files, 'apps/one.yaml': widget('one') }), 'deployed');
    await testbed.applyByHand(widget('foreign'));
    const second = await testbed.push({ 'apps/crd.yaml': null });
    const { warnings } = await testbed.outcome(second, 'deployed');
    expect(warnings).toEqual([
      expect.objectContaining({
        message: `removed from Git, but kept in the cluster: 2 objects of its kind still exist: Widget.${group} ${testbed.namespace}/foreign, Widget.${group} ${testbed.namespace}/one`,
      }),
    ]);
    await testbed.kubectl('-n', testbed.namespace, 'delete', definition, 'foreign');
    const third = await testbed.push({ 'apps/one.yaml': null });
    expect(await testbed.outcome(third, 'deployed')).toMatchObject({ pruned: 2, warnings: [] });
    await vi.waitFor(
      async () => expect(await testbed.kubectl('get', 'crd', definition, '--ignore-not-found')).toBe(''),
      { timeout: 20_000, interval: 100 },
    );
  });
});
