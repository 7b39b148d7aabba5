import { afterEach, describe, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';
import { widgetDefinition } from '../rig/house/widgets.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

/** A kind of this test's own, served in these versions. */
const definitionOf = (group: string, served: readonly string[]) =>
  widgetDefinition(
    group,
    ['v1beta1', 'v1'].map((name) => ({ name, served: served.includes(name) })),
  );

describe('a custom resource that leaves Git', () => {
  it('is deleted by a process that has never met its kind, and in the version that is served by then', async () => {
    house = await House.build();
    const group = `${house.namespace}.example.com`;
    await house.applyByHand(definitionOf(group, ['v1beta1', 'v1']));
    await house.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
    await house.start();
    const widget = (name: string) => `apiVersion: ${group}/v1beta1\nkind: Widget\nmetadata: { name: ${name} }\n`;
    const first = await house.push({
      'apps/one.yaml': widget('one'),
      'apps/two.yaml': widget('two'),
      'apps/c.yaml': configMap('c'),
    });
    await house.outcome(first, 'deployed');
    await house.stop();

    await house.start();
    const second = await house.push({ 'apps/one.yaml': null });
    expect(await house.outcome(second)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await house.get(`widgets.${group}`, 'one')).toBeNull();

    await house.applyByHand(definitionOf(group, ['v1']));
    await house.stop();
    await house.start();
    const third = await house.push({ 'apps/two.yaml': null });
    expect(await house.outcome(third)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await house.get(`widgets.${group}`, 'two')).toBeNull();
    await house.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  });
});

const KEPT: readonly (readonly [string, string])[] = [
  ['headgate.dev/prune', 'false'],
  ['helm.sh/resource-policy', 'keep'],
  ['argocd.argoproj.io/sync-options', 'Prune=false'],
  ['client.lifecycle.config.k8s.io/deletion', 'detach'],
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
];

describe('what leaves Git (§15 E)', () => {
  it('is deleted in the reverse order of applying, but for what says otherwise and for protected kinds', async () => {
    house = await House.build();
    await house.start();
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
    await house.outcome(await house.push({ ...files, 'apps/stays.yaml': configMap('stays') }), 'deployed');
    const all = Object.fromEntries(Object.keys(files).map((file) => [file, null]));
    const revision = await house.push(all);
    const outcome = await house.outcome(revision);
    expect(outcome).toMatchObject({ verdict: 'deployed', pruned: 3 });
    expect(outcome['warnings']).toHaveLength(KEPT.length + 1);
    expect(Object.keys(await house.configMaps())).toEqual([...KEPT.map((_, n) => `kept-${n}`), 'stays']);
    expect(await house.get('pvc', 'data')).not.toBeNull();
    const deletes = (await house.auditOf(`${house.namespace}@${revision.slice(0, 12)}`))
      .filter(({ verb }) => verb === 'delete')
      .map(({ uri }) => uri.split('?')[0]?.split('/').slice(-2).join('/'));
    expect(deletes).toEqual(['services/web', 'configmaps/config', 'serviceaccounts/account']);
  });

  it('is deleted under its old name when it was renamed, also a Secret; what must stay, stays under both (E6)', async () => {
    house = await House.build();
    await house.start();
    const secret = (name: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\nstringData: { k: v }\n`;
    const kept = (name: string) => configMap(name, {}, '  annotations: { headgate.dev/prune: "false" }\n');
    await house.outcome(await house.push({ 'apps/s.yaml': secret('one'), 'apps/k.yaml': kept('one') }), 'deployed');
    const renamed = await house.push({ 'apps/s.yaml': secret('two'), 'apps/k.yaml': kept('two') });
    expect(await house.outcome(renamed)).toMatchObject({ verdict: 'deployed', created: 2, pruned: 1 });
    expect([await house.get('secret', 'one'), (await house.get('secret', 'two')) !== null]).toEqual([null, true]);
    expect(Object.keys(await house.configMaps())).toEqual(['one', 'two']);
  });

  it('is deleted altogether only on purpose, and never by a target that is suspended (E5)', async () => {
    const target: Record<string, unknown> = {};
    house = await House.build({ target });
    await house.push({ 'apps/a.yaml': configMap('a') });
    expect(await house.headgate('deploy', house.namespace)).toMatchObject({ code: 0 });
    await house.push({ 'apps/a.yaml': null, 'apps/README.md': 'empty on purpose' });
    expect(await house.headgate('deploy', house.namespace)).toMatchObject({ code: 1 });
    target['prune'] = { empty: true };
    target['suspend'] = true;
    expect(await house.headgate('deploy', house.namespace)).toMatchObject({ code: 1 });
    expect(await house.headgate('sweep')).toMatchObject({ code: 0 });
    expect(Object.keys(await house.configMaps())).toEqual(['a']);
    target['suspend'] = false;
    expect(await house.headgate('deploy', house.namespace)).toMatchObject({ code: 0 });
    expect(await house.configMaps()).toEqual({});
  });

  it('is not what a deleted branch leaves behind: nothing is deleted, by its delivery or by a look (E13)', async () => {
    house = await House.build({ target: { branch: 'release' } });
    await house.start();
    await house.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') });
    await house.git('push', '-q', 'origin', 'HEAD:release');
    await house.outcome(await house.git('rev-parse', 'HEAD'), 'deployed');
    await house.git('push', '-q', 'origin', ':release');
    await house.host.settled();
    await house.stop();
    const { code, stderr } = await house.headgate('deploy', house.namespace);
    expect(code).toBe(1);
    expect(stderr).toContain('release');
    expect(Object.keys(await house.configMaps())).toEqual(['a', 'b']);
  });

  it('is not what a Git host leaves out that fails in the middle of its answers (E13)', async () => {
    house = await House.build();
    await house.push({
      'apps/a.yaml': configMap('a'),
      'apps/x/b.yaml': configMap('b'),
      'apps/x/c.yaml': configMap('c'),
    });
    expect(await house.headgate('deploy', house.namespace)).toMatchObject({ code: 0 });
    await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }), 'apps/x/b.yaml': null });
    let after = 0;
    for (;;) {
      // More often than it is asked again.
      house.host.faults = { git: { status: 503, times: 50, after } };
      const { code, stderr } = await house.headgate('deploy', house.namespace);
      if (code === 0) break;
      expect(stderr).toContain('git-unreachable');
      expect(await house.configMaps()).toEqual({ a: {}, b: {}, c: {} });
      after += 1;
    }
    expect(after).toBeGreaterThan(2);
    expect(await house.configMaps()).toEqual({ a: { v: '2' }, c: {} });
  });
});
