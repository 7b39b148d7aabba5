import { afterEach, describe, expect, it } from 'vitest';
import { isObject, metadataMap } from '../../src/resource/resource.ts';
import { run } from '../rig/programs/command.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const SET = 'applyset.kubernetes.io/part-of';

/** [who, its labels, its annotations] */
const OWNERS: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>])[] = [
  ['ApplySet', { [SET]: 'applyset-theirs-v1' }, {}],
  ['another Headgate target', { [SET]: 'applyset-other-v1' }, { 'headgate.dev/source': 'else/x.yaml' }],
  ['Helm release', {}, { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' }],
  ['Argo CD application', {}, { 'argocd.argoproj.io/tracking-id': 'shop:/ConfigMap:x/y' }],
  ['Flux Kustomization', { 'kustomize.toolkit.fluxcd.io/name': 'shop' }, {}],
];

const nameOf = (n: number) => `theirs-${n}`;

/** An object of each owner, written by that owner's own field manager. */
async function givenByOthers(): Promise<void> {
  const managers = ['kubectl-applyset', 'headgate', 'helm', 'argocd-controller', 'kustomize-controller'];
  for (const [n, [, labels, annotations]] of OWNERS.entries()) {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: nameOf(n), labels, annotations },
      data: { v: 'theirs', gone: 'theirs' },
    };
    await testbed.applyByHand(JSON.stringify(object), '--server-side', `--field-manager=${managers[n] ?? ''}`);
  }
}

/** The marks of other tools, with other values. */
const renewed = (marks: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.keys(marks).flatMap((key) => (/helm|argocd|fluxcd/.test(key) ? [[key, 'renewed']] : [])));

const filesOf = (v: string) =>
  Object.fromEntries(OWNERS.map((_, n) => [`apps/${nameOf(n)}.yaml`, configMap(nameOf(n), { v })]));

describe('an object that already exists (E10)', () => {
  it('is refused with the names of all owners when another tool owns it, and adopted when it has no owner', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    await givenByOthers();
    await testbed.applyByHand(configMap('free', { v: 'theirs' }));
    const revision = await testbed.push({ ...filesOf('ours'), 'apps/free.yaml': configMap('free', { v: 'ours' }) });
    const outcome = await testbed.outcome(revision, 'refused');
    const errors = outcome['errors'] as { code: string; message: string; remedy: string }[];
    expect(errors.map(({ code }) => code)).toEqual(OWNERS.map(() => 'foreign-owner'));
    for (const [n, [owner]] of OWNERS.entries())
      expect(errors.find(({ message }) => message.includes(`/${nameOf(n)} `))?.message).toContain(owner);
    expect((await testbed.configMaps())['free']).toEqual({ v: 'theirs' });

    const files = Object.fromEntries(Object.keys(filesOf('')).map((file) => [file, null]));
    expect(await testbed.outcome(await testbed.push(files))).toMatchObject({
      verdict: 'deployed',
      updated: 1,
      pruned: 0,
    });
    expect(Object.keys(await testbed.configMaps())).toEqual(['free', ...OWNERS.map((_, n) => nameOf(n))]);
    expect((await testbed.configMaps())['free']).toEqual({ v: 'ours' });
  });

  it('is named in the plan and counted on the commit when it is adopted, and is deleted when it leaves Git', async () => {
    testbed = await Testbed.build();
    await testbed.applyByHand(configMap('handmade', { v: 'theirs' }));
    await testbed.push({ 'apps/handmade.yaml': configMap('handmade', { v: 'ours' }) });
    const plan = await testbed.headgate('plan', testbed.namespace);
    expect(plan.stdout).toContain(`apps/handmade.yaml:1: ConfigMap ${testbed.namespace}/handmade already existed`);
    await testbed.start();
    const revision = await testbed.push({ 'apps/new.yaml': configMap('new') });
    const deployed = await testbed.outcome(revision);
    expect(deployed).toMatchObject({ created: 1, updated: 1, adopted: 1 });
    expect(deployed['warnings']).toContainEqual(expect.objectContaining({ code: 'adopted' }));
    await testbed.until(() => testbed.host.statusesOf(revision).at(-1)?.state === 'success');
    expect(testbed.host.statusesOf(revision).at(-1)?.description).toContain('1 created, 1 updated, 1 adopted');

    const changed = await testbed.push({ 'apps/handmade.yaml': configMap('handmade', { v: 'again' }) });
    expect((await testbed.outcome(changed))['warnings']).toEqual([]);
    expect(await testbed.outcome(await testbed.push({ 'apps/handmade.yaml': null }))).toMatchObject({ pruned: 1 });
    expect(Object.keys(await testbed.configMaps())).toEqual(['new']);
  });

  it('is taken over with adopt: true, without the fields that only the former owner set and without its labels', async () => {
    testbed = await Testbed.build({ target: { adopt: true } });
    await testbed.start();
    await givenByOthers();
    // Marks go also when somebody else has written them since.
    for (const [n, [, labels, annotations]] of OWNERS.entries()) {
      const marks = { labels: renewed(labels), annotations: renewed(annotations) };
      const patch = ['patch', 'configmap', nameOf(n), '--type=merge', '-p', JSON.stringify({ metadata: marks })];
      await testbed.kubectl('-n', testbed.namespace, ...patch, '--field-manager=somebody');
    }
    expect(await testbed.outcome(await testbed.push(filesOf('ours')))).toMatchObject({
      verdict: 'deployed',
      updated: OWNERS.length,
    });
    for (const n of OWNERS.keys()) {
      const object = (await testbed.get('configmap', nameOf(n))) ?? {};
      expect(object['data']).toEqual({ v: 'ours' });
      expect(Object.keys(metadataMap(object, 'labels'))).toEqual([SET]);
      expect(metadataMap(object, 'annotations')).toEqual({ 'headgate.dev/source': `apps/${nameOf(n)}.yaml` });
    }
  });

  it('is never pruned when its owner label was removed or names another owner, whatever adopt says (E3)', async () => {
    testbed = await Testbed.build({ target: { adopt: true } });
    await testbed.start();
    const files = {
      'apps/a.yaml': configMap('a'),
      'apps/b.yaml': configMap('b'),
      'apps/c.yaml': configMap('c'),
      'apps/d.yaml': configMap('d'),
    };
    await testbed.outcome(await testbed.push(files), 'deployed');
    await testbed.kubectl('-n', testbed.namespace, 'label', 'configmap', 'a', `${SET}-`);
    await testbed.kubectl(
      '-n',
      testbed.namespace,
      'label',
      '--overwrite',
      'configmap',
      'b',
      `${SET}=applyset-theirs-v1`,
    );
    const revision = await testbed.push({ 'apps/a.yaml': null, 'apps/b.yaml': null, 'apps/c.yaml': null });
    const outcome = await testbed.outcome(revision);
    expect(outcome).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(outcome['warnings']).toHaveLength(2);
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b', 'd']);
  });

  it('is not pruned when it only carries a copied owner label (E9)', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    await testbed.outcome(
      await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') }),
      'deployed',
    );
    const id = metadataMap((await testbed.get('configmap', 'a')) ?? {}, 'labels')[SET] ?? '';
    await testbed.applyByHand(configMap('copy', {}, `  labels: { ${SET}: ${id} }\n`));
    // Everything is asked of the labels.
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', `headgate-${testbed.namespace}`);
    const pruned = await testbed.outcome(await testbed.push({ 'apps/b.yaml': null }));
    expect(pruned).toMatchObject({ pruned: 1, warnings: [] });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'copy']);
  });
});

describe('an object that moves to another API group (E11)', () => {
  const event = (apiVersion: string, more: object) =>
    JSON.stringify({
      apiVersion,
      kind: 'Event',
      metadata: { name: 'moved' },
      type: 'Normal',
      reason: 'Testing',
      ...more,
    });
  const core = () =>
    event('v1', {
      involvedObject: { kind: 'ConfigMap', name: 'a', namespace: testbed.namespace },
      message: 'm',
      source: { component: 'test' },
    });
  const grouped = () =>
    event('events.k8s.io/v1', {
      regarding: { kind: 'ConfigMap', name: 'a', namespace: testbed.namespace },
      note: 'm',
      deprecatedSource: { component: 'test' },
    });

  it('is not deleted under its old group, and is deleted once when it leaves Git', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    await testbed.outcome(await testbed.push({ 'apps/e.json': core(), 'apps/a.yaml': configMap('a') }), 'deployed');
    const uidOf = async () => {
      const metadata = (await testbed.get('events', 'moved'))?.['metadata'];
      return isObject(metadata) ? metadata['uid'] : null;
    };
    const uid = await uidOf();
    expect(uid).toMatch(/-/);
    const moved = await testbed.push({ 'apps/e.json': grouped() });
    expect(await testbed.outcome(moved)).toMatchObject({ verdict: 'deployed', pruned: 0, warnings: [] });
    expect(await uidOf()).toBe(uid);

    // The labels show it under both groups.
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', `headgate-${testbed.namespace}`);
    const rebuilt = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    expect(await testbed.outcome(rebuilt)).toMatchObject({ verdict: 'deployed', pruned: 0 });
    expect(await uidOf()).toBe(uid);

    expect(await testbed.outcome(await testbed.push({ 'apps/e.json': null }))).toMatchObject({ pruned: 1 });
    expect(await testbed.get('events', 'moved')).toBeNull();
  });
});

describe('kubectl apply --prune --applyset', () => {
  const asSet = (name: string) =>
    run(
      testbed.cluster.kubectl,
      [
        `--kubeconfig=${testbed.kubeconfig}`,
        `--namespace=${testbed.namespace}`,
        'apply',
        '--prune',
        `--applyset=configmap/${name}`,
        '--filename=-',
      ],
      { input: configMap('from-kubectl'), env: { ...process.env, KUBECTL_APPLYSET: 'true' } },
    );

  it('refuses objects of a target, and a target refuses objects of kubectl', async () => {
    testbed = await Testbed.build({
      targets: [{}, { name: 'NAMESPACE-two', path: 'two' }],
    });
    await testbed.start();
    // kubectl's own set, where the state of one of our targets would be.
    const parent = `headgate-${testbed.namespace}-two`;
    expect(await asSet(parent)).toMatchObject({ code: 0 });
    const before = await testbed.get('configmap', parent);
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a'), 'two/b.yaml': configMap('b') });
    const failed = await testbed.logged((line) => line['revision'] === revision && line['verdict'] === 'failed');
    expect(failed).toMatchObject({
      target: `${testbed.namespace}-two`,
      errors: [expect.objectContaining({ code: 'foreign-owner', message: expect.stringContaining('kubectl/') })],
    });
    expect(await testbed.get('configmap', parent)).toEqual(before);
    expect(await testbed.get('configmap', 'b')).toBeNull();

    await testbed.outcome(revision, 'deployed');
    const refused = await asSet(`headgate-${testbed.namespace}`);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('headgate');
    expect(await testbed.get('configmap', 'a')).not.toBeNull();
  });
});

describe('a field that another manager owns (G6)', () => {
  it('is taken with conflicts: force, and the outcome names the field and the manager', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1', w: '1' }) }), 'deployed');
    const patch = ['patch', 'configmap', 'a', '--type=merge', '-p', '{"data":{"v":"9"}}'];
    await testbed.kubectl('-n', testbed.namespace, ...patch, '--field-manager=tuner');
    const outcome = await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2', w: '2' }) }));
    expect(outcome).toMatchObject({
      verdict: 'deployed',
      warnings: [
        expect.objectContaining({
          code: 'field-conflict',
          subject: 'apps/a.yaml:1',
          message: expect.stringMatching(/takes fields from tuner \(\.data\.v\)$/),
        }),
      ],
    });
    expect(await testbed.configMaps()).toEqual({ a: { v: '2', w: '2' } });
    expect(await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '3' }) }))).toMatchObject({
      warnings: [],
    });
  });

  it('is refused with conflicts: fail, naming the manager, and left to the manager with ignore', async () => {
    testbed = await Testbed.build({
      target: { conflicts: 'fail', ignore: [{ kind: 'ConfigMap', paths: ['/data/tuned'] }] },
    });
    await testbed.start();
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1', tuned: '1' }) }), 'deployed');
    const patch = ['patch', 'configmap', 'a', '--type=merge', '--field-manager=tuner', '-p'];
    await testbed.kubectl('-n', testbed.namespace, ...patch, '{"data":{"tuned":"9"}}');
    const well = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2', tuned: '2' }) });
    expect(await testbed.outcome(well)).toMatchObject({ verdict: 'deployed', warnings: [] });
    expect(await testbed.configMaps()).toEqual({ a: { v: '2', tuned: '9' } });
    await testbed.kubectl('-n', testbed.namespace, ...patch, '{"data":{"v":"9"}}');
    const refused = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '3', tuned: '2' }) });
    expect(await testbed.outcome(refused)).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'field-conflict', message: expect.stringContaining('tuner') })],
    });
    expect(await testbed.configMaps()).toEqual({ a: { v: '9', tuned: '9' } });
  });
});
