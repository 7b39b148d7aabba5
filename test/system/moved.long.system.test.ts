import { afterEach, describe, expect, it } from 'vitest';
import { runTarget } from '../../src/deploy/requests/run-target.ts';
import type { Report } from '../../src/deploy/ports/report.ts';
import { isObject } from '../../src/resource/resource.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

async function errorsOf(target: string): Promise<readonly { code: string; message: string; remedy: string }[]> {
  const { code, stdout } = await testbed.headgate('deploy', target, '--output', 'json');
  expect(code).toBe(1);
  return (JSON.parse(stdout) as { errors: { code: string; message: string; remedy: string }[] }).errors;
}

describe('a target with a changed name or namespace', () => {
  it('is refused under its new name, naming the old one, until that is uninstalled', async () => {
    testbed = await Testbed.build({ targets: [{ name: 'NAMESPACE-old' }, { name: 'NAMESPACE-new' }] });
    const [old, renamed] = [`${testbed.namespace}-old`, `${testbed.namespace}-new`];
    await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') });
    expect(await testbed.headgate('deploy', old)).toMatchObject({ code: 0 });
    const errors = await errorsOf(renamed);
    expect(errors.map(({ code }) => code)).toEqual(['target-moved', 'target-moved']);
    expect(errors[0]?.message).toContain(`belongs to target ${old}`);
    const giveUp = `uninstall ${old} --keep --cluster lab --namespace ${testbed.namespace}`;
    expect(errors[0]?.remedy).toContain(`headgate ${giveUp}`);

    expect(await testbed.headgate('--yes', ...giveUp.split(' '))).toMatchObject({ code: 0 });
    expect(await testbed.headgate('deploy', renamed)).toMatchObject({ code: 0 });
    await testbed.push({ 'apps/b.yaml': null });
    expect(await testbed.headgate('deploy', renamed)).toMatchObject({ code: 0 });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a']);
  });

  it('is refused in its new namespace until it is uninstalled from the old one', async () => {
    const target: Record<string, unknown> = {};
    testbed = await Testbed.build({ target });
    const { namespace } = testbed;
    await testbed.push({ 'apps/a.yaml': configMap('a') });
    expect(await testbed.headgate('deploy', namespace)).toMatchObject({ code: 0 });
    target['namespace'] = `${namespace}-2`;
    await testbed.kubectl('create', 'namespace', `${namespace}-2`);
    for (const _ of [1, 2]) {
      const errors = await errorsOf(namespace);
      expect(errors).toEqual([expect.objectContaining({ code: 'target-moved' })]);
      expect(errors[0]?.remedy).toContain(
        `headgate uninstall ${namespace} --keep --cluster lab --namespace ${namespace}`,
      );
    }
    const giveUp = ['uninstall', namespace, '--keep', '--cluster', 'lab', '--namespace', namespace];
    expect(await testbed.headgate('--yes', ...giveUp)).toMatchObject({ code: 0 });
    expect(await testbed.headgate('deploy', namespace)).toMatchObject({ code: 0 });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a']);
    await testbed.kubectl('-n', `${namespace}-2`, 'get', 'configmap', 'a');
    await testbed.kubectl('delete', 'namespace', `${namespace}-2`, '--wait=false');
  });

  it('is refused with the reason even when its new namespace does not exist yet', async () => {
    testbed = await Testbed.build({ namespaceExists: false, target: { createNamespace: true } });
    await testbed.push({ 'apps/a.yaml': 'a: [' });
    expect(await errorsOf(testbed.namespace)).toEqual([expect.objectContaining({ code: 'manifest-invalid' })]);
  });
});

const GIVER = { name: 'NAMESPACE-a', path: 'a' };
const RECEIVER = { name: 'NAMESPACE-b', path: 'b' };
const KUSTOMIZATION = (...files: readonly string[]) => JSON.stringify({ resources: files });

const nameOf = (letter: string) => `${testbed.namespace}-${letter}`;

async function uidOf(name: string): Promise<unknown> {
  const metadata = (await testbed.get('configmap', name))?.['metadata'];
  return isObject(metadata) ? metadata['uid'] : null;
}

/** The file that its owner applied it from. */
async function ownerOf(name: string): Promise<unknown> {
  const metadata = (await testbed.get('configmap', name))?.['metadata'];
  const annotations = isObject(metadata) ? metadata['annotations'] : null;
  return isObject(annotations) ? annotations['headgate.dev/source'] : undefined;
}

/** Waits until a target is at the commit; `unchanged`: it had only to release something, which an earlier run did. */
async function settled(letter: string, revision: string): Promise<void> {
  await testbed.logged(
    (line) =>
      line['target'] === nameOf(letter) &&
      line['revision'] === revision &&
      ['deployed', 'unchanged'].includes(String(line['verdict'])),
  );
}

/** The outcome of one target for one commit. */
function outcomeOf(letter: string, revision: string, verdict: string): Promise<LogLine> {
  return testbed.logged(
    (line) => line['target'] === nameOf(letter) && line['revision'] === revision && line['verdict'] === verdict,
  );
}

/** One run of a target, without a queue. A run that a message has started may have the lease, or take it. */
async function deploy(letter: string): Promise<Report> {
  const runtime = testbed.runtime();
  try {
    const target = runtime.config.targets.find(({ name }) => name === nameOf(letter));
    if (target === undefined) throw new Error(`no target ${nameOf(letter)}`);
    const request = { target, trigger: { kind: 'cli' }, hint: null, at: new Date().toISOString() } as const;
    const run = () => runTarget(request, runtime, new AbortController().signal);
    let outcome = await run();
    while (outcome.kind === 'retry' && ['lease-held', 'lease-lost'].includes(outcome.error.code)) outcome = await run();
    if (outcome.kind === 'retry' || outcome.report === null) throw new Error(JSON.stringify(outcome));
    return outcome.report;
  } finally {
    runtime.close();
  }
}

async function planText(letter: string): Promise<string> {
  return (await testbed.headgate('plan', nameOf(letter))).stdout;
}

async function plannedChanges(letter: string): Promise<unknown> {
  const { stdout } = await testbed.headgate('plan', nameOf(letter), '--output', 'json');
  return (JSON.parse(stdout) as { changes: unknown }).changes;
}

describe('an object that moves between two targets of a repository', () => {
  const files = () => ({
    'a/x.yaml': configMap('x', { v: '1' }),
    'a/rest.yaml': configMap('rest'),
    'b/own.yaml': configMap('own'),
  });
  const deployBoth = async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.push(files());
    await deploy('a');
    await deploy('b');
  };
  const MOVE = { 'a/x.yaml': null, 'b/x.yaml': configMap('x', { v: '1' }) };

  it('keeps its uid and changes its owner by one push, in whatever order the queue runs the targets', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.start();
    const first = await testbed.push(files());
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    const moved = await testbed.push(MOVE);
    expect(await outcomeOf('a', moved, 'deployed')).toMatchObject({ released: 1, pruned: 0, warnings: [] });
    expect(await outcomeOf('b', moved, 'deployed')).toMatchObject({ created: 0, updated: 1, errors: [] });
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/x.yaml');

    const back = await testbed.push({ 'b/x.yaml': null, 'a/x.yaml': configMap('x', { v: '2' }) });
    await outcomeOf('b', back, 'deployed');
    await outcomeOf('a', back, 'deployed');
    expect(await uidOf('x')).toBe(uid);
    expect((await testbed.configMaps())['x']).toEqual({ v: '2' });
    const gone = await testbed.push({ 'a/x.yaml': null });
    expect(await outcomeOf('a', gone, 'deployed')).toMatchObject({ pruned: 1 });
    expect(await uidOf('x')).toBeNull();
  });

  it('is released first and then taken over, as both plans show, and only fields that left Git leave the object', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.push({ ...files(), 'a/x.yaml': configMap('x', { v: '1', gone: '1' }) });
    await deploy('a');
    await deploy('b');
    const uid = await uidOf('x');
    await testbed.kubectl('-n', testbed.namespace, 'annotate', 'configmap', 'x', 'example.com/note=theirs');
    await testbed.push(MOVE);
    const text = await planText('a');
    expect(text).toContain(
      `> release ConfigMap ${testbed.namespace}/x  (a/x.yaml): target ${nameOf('b')} defines it at this commit`,
    );
    expect(text).toContain('0 to prune, 1 to release');
    expect(await plannedChanges('a')).toEqual([
      expect.objectContaining({ op: 'release', name: 'x', source: 'a/x.yaml' }),
    ]);
    expect(await deploy('a')).toMatchObject({ verdict: 'deployed', released: 1, pruned: 0 });
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBeUndefined();

    expect(await deploy('b')).toMatchObject({ verdict: 'deployed', updated: 1 });
    expect(await uidOf('x')).toBe(uid);
    expect((await testbed.configMaps())['x']).toEqual({ v: '1' });
    const metadata = (await testbed.get('configmap', 'x'))?.['metadata'];
    expect(isObject(metadata) && metadata['annotations']).toEqual({
      'example.com/note': 'theirs',
      'headgate.dev/source': 'b/x.yaml',
    });
    expect(await deploy('a')).toMatchObject({ verdict: 'unchanged' });
    expect(await deploy('b')).toMatchObject({ verdict: 'unchanged' });
  }, 180_000);

  it('is waited for by the receiver when that runs first, as its plan shows, and stays while the giver is refused', async () => {
    await deployBoth();
    const uid = await uidOf('x');
    await testbed.push({ ...MOVE, 'a/rest.yaml': configMap('rest').replace('data:', 'dta:') });
    const waits = `target ${nameOf('a')} to release ConfigMap ${testbed.namespace}/x`;
    expect(await planText('b')).toContain(`waiting: ${waits}`);
    expect(await deploy('b')).toMatchObject({ verdict: 'waiting', waitingFor: [waits], updated: 0 });
    expect(await deploy('a')).toMatchObject({ verdict: 'refused', pruned: 0 });
    expect(await deploy('b')).toMatchObject({ verdict: 'waiting' });
    expect(await ownerOf('x')).toBe('a/x.yaml');

    await testbed.start();
    const fixed = await testbed.push({ 'a/rest.yaml': configMap('rest') });
    await outcomeOf('a', fixed, 'deployed');
    await outcomeOf('b', fixed, 'deployed');
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/x.yaml');
  }, 180_000);

  it('stays while the receiver is refused, and is taken over by the push that fixes it', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.start();
    const first = await testbed.push(files());
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    const broken = await testbed.push({ ...MOVE, 'b/own.yaml': configMap('own').replace('data:', 'dta:') });
    await outcomeOf('a', broken, 'deployed');
    await outcomeOf('b', broken, 'refused');
    expect(await uidOf('x')).toBe(uid);
    const fixed = await testbed.push({ 'b/own.yaml': configMap('own', { v: '2' }) });
    await outcomeOf('b', fixed, 'deployed');
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/x.yaml');
  });

  it('is deleted by its former target when the receiver never took it over and no longer defines it', async () => {
    await deployBoth();
    await testbed.push(MOVE);
    expect(await deploy('a')).toMatchObject({ verdict: 'deployed', released: 1, warnings: [] });
    expect(await ownerOf('x')).toBeUndefined();
    expect(await deploy('a')).toMatchObject({
      pruned: 0,
      warnings: [{ message: expect.stringContaining(`target ${nameOf('b')} defines it`) as string }],
    });

    await testbed.push({ 'b/x.yaml': null });
    expect(await deploy('b')).toMatchObject({ verdict: 'unchanged' });
    expect(await uidOf('x')).not.toBeNull();
    expect(await deploy('a')).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await uidOf('x')).toBeNull();
    expect(await deploy('a')).toMatchObject({ verdict: 'unchanged', warnings: [] });
  });

  it('is deleted the same way when it left its former target because its file was excluded', async () => {
    const giver: Record<string, unknown> = { ...GIVER };
    testbed = await Testbed.build({ targets: [giver, RECEIVER] });
    await testbed.push({ ...files(), 'a/own.yaml': configMap('a-own') });
    await deploy('a');
    await deploy('b');
    giver['exclude'] = ['x.yaml'];
    await testbed.push({ 'b/x.yaml': configMap('x') });
    expect(await deploy('a')).toMatchObject({ verdict: 'deployed', released: 1 });

    await testbed.push({ 'b/x.yaml': null });
    expect(await deploy('b')).toMatchObject({ verdict: 'unchanged' });
    expect(await deploy('a')).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(await uidOf('x')).toBeNull();
  });

  it('stays when its former target is uninstalled before it was taken over', async () => {
    await deployBoth();
    await testbed.push(MOVE);
    await deploy('a');
    const uid = await uidOf('x');
    const uninstalled = await testbed.headgate('--yes', 'uninstall', nameOf('a'));
    expect(uninstalled).toMatchObject({ code: 0 });
    expect(uninstalled.stdout).toContain(`target ${nameOf('b')} defines it`);
    expect(await deploy('b')).toMatchObject({ verdict: 'deployed', updated: 1 });
    expect(await uidOf('x')).toBe(uid);
  });

  it('leaves the inventory of its former target after it was taken over', async () => {
    await deployBoth();
    await testbed.push(MOVE);
    await deploy('a');
    await deploy('b');
    const uid = await uidOf('x');
    expect(await plannedChanges('a')).toEqual([]);
    expect(await deploy('a')).toMatchObject({ verdict: 'unchanged', warnings: [] });
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/x.yaml');
  });

  it('stays when the file of the receiver cannot be read, and is taken over once it can', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.start();
    const first = await testbed.push(files());
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    const broken = await testbed.push({ 'a/x.yaml': null, 'b/x.yaml': `${configMap('x')}data: [` });
    expect(await outcomeOf('a', broken, 'deployed')).toMatchObject({
      pruned: 0,
      warnings: [{ message: expect.stringContaining(`target ${nameOf('b')} may define it`) as string }],
    });
    expect(await uidOf('x')).toBe(uid);
    // The next run compares with the same commit, of which this one has applied all but what is undecided.
    const again = await testbed.push({ 'a/rest.yaml': configMap('rest', { v: '2' }) });
    expect(await outcomeOf('a', again, 'deployed')).toMatchObject({ pruned: 0 });
    expect(await uidOf('x')).toBe(uid);
    const fixed = await testbed.push({ 'b/x.yaml': configMap('x', { v: '2' }) });
    await outcomeOf('b', fixed, 'deployed');
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/x.yaml');
  });

  it('moves into a kustomization without being deleted, and what it does not define is pruned after its run', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.start();
    const first = await testbed.push({
      ...files(),
      'a/gone.yaml': configMap('gone'),
      'b/kustomization.yaml': KUSTOMIZATION('own.yaml'),
    });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    await testbed.push({
      ...MOVE,
      'a/gone.yaml': null,
      'b/kustomization.yaml': KUSTOMIZATION('own.yaml', 'x.yaml'),
    });
    await testbed.logged((line) => line['released'] === 1);
    await testbed.logged((line) => line['target'] === nameOf('b') && line['updated'] === 1);
    await testbed.logged((line) => line['target'] === nameOf('a') && line['pruned'] === 1);
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/kustomization.yaml');
    expect(Object.keys(await testbed.configMaps())).toEqual(['own', 'rest', 'x']);
  });

  it('moves into a kustomization that only creates it, without being deleted by its former target', async () => {
    testbed = await Testbed.build({ targets: [RECEIVER, GIVER] });
    await testbed.start();
    const first = await testbed.push({ ...files(), 'b/kustomization.yaml': KUSTOMIZATION('own.yaml') });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    await testbed.push({
      'a/x.yaml': null,
      'b/x.yaml': configMap('x', { v: '2' }, '  annotations: { headgate.dev/apply: create-only }\n'),
      'b/kustomization.yaml': KUSTOMIZATION('own.yaml', 'x.yaml'),
    });
    await testbed.logged((line) => line['released'] === 1);
    await testbed.logged((line) => line['target'] === nameOf('b') && line['verdict'] === 'deployed');
    expect(await uidOf('x')).toBe(uid);
  });

  it('moves out of a kustomization', async () => {
    testbed = await Testbed.build({ targets: [RECEIVER, GIVER] });
    await testbed.start();
    const first = await testbed.push({
      'a/kustomization.yaml': KUSTOMIZATION('x.yaml', 'rest.yaml'),
      ...files(),
    });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    const moved = await testbed.push({ ...MOVE, 'a/kustomization.yaml': KUSTOMIZATION('rest.yaml') });
    await outcomeOf('a', moved, 'deployed');
    await outcomeOf('b', moved, 'deployed');
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/x.yaml');
  });

  it('moves along a chain of three targets in one push, also as the last object of its target', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER, { name: 'NAMESPACE-c', path: 'c' }] });
    await testbed.start();
    const first = await testbed.push({
      'a/x.yaml': configMap('x'),
      'b/w.yaml': configMap('w'),
      'c/z.yaml': configMap('z'),
    });
    await Promise.all(['a', 'b', 'c'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uids = await Promise.all(['x', 'w', 'z'].map((name) => uidOf(name)));
    const moved = await testbed.push({
      'a/x.yaml': null,
      'a/z.yaml': configMap('z'),
      'b/w.yaml': null,
      'b/x.yaml': configMap('x'),
      'c/z.yaml': null,
      'c/w.yaml': configMap('w'),
    });
    await Promise.all(['a', 'b', 'c'].map((letter) => outcomeOf(letter, moved, 'deployed')));
    expect(await Promise.all(['x', 'w', 'z'].map((name) => uidOf(name)))).toEqual(uids);
    expect(await Promise.all(['x', 'w', 'z'].map((name) => ownerOf(name)))).toEqual([
      'b/x.yaml',
      'c/w.yaml',
      'a/z.yaml',
    ]);
  });

  it('moves with all others of its target, whose directory is gone then, and leaves both targets at the commit', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.start();
    const first = await testbed.push({ 'a/x.yaml': configMap('x'), 'b/own.yaml': configMap('own') });
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    const moved = await testbed.push(MOVE);
    await outcomeOf('a', moved, 'deployed');
    await outcomeOf('b', moved, 'deployed');
    await outcomeOf('a', moved, 'unchanged');
    expect(await deploy('a')).toMatchObject({ verdict: 'unchanged', warnings: [] });
    expect(testbed.log.filter((line) => line['verdict'] === 'refused')).toEqual([]);
    expect([await uidOf('x'), await ownerOf('x')]).toEqual([uid, 'b/x.yaml']);
  });

  it('moves to a target that its own target depends on', async () => {
    const dependent = { ...GIVER, dependsOn: ['NAMESPACE-b'] };
    testbed = await Testbed.build({ targets: [dependent, RECEIVER] });
    await testbed.start();
    const first = await testbed.push(files());
    await Promise.all(['a', 'b'].map((letter) => outcomeOf(letter, first, 'deployed')));
    const uid = await uidOf('x');
    const moved = await testbed.push(MOVE);
    await outcomeOf('b', moved, 'deployed');
    await settled('a', moved);
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('b/x.yaml');
  });

  it('does not hold back the dependents of its former target while its new one decides about it', async () => {
    const dependent = { name: 'NAMESPACE-c', path: 'c', dependsOn: ['NAMESPACE-a'] };
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER, dependent] });
    await testbed.push({ ...files(), 'b/kustomization.yaml': KUSTOMIZATION('own.yaml'), 'c/z.yaml': configMap('z') });
    for (const letter of ['a', 'b', 'c']) await deploy(letter);
    await testbed.push({
      ...MOVE,
      'b/kustomization.yaml': KUSTOMIZATION('own.yaml', 'x.yaml'),
      'c/z.yaml': configMap('z', { v: '2' }),
    });
    expect(await deploy('a')).toMatchObject({
      verdict: 'deployed',
      pruned: 0,
      warnings: [{ message: expect.stringContaining('may define it') as string }],
    });
    expect(await deploy('c')).toMatchObject({ verdict: 'deployed', updated: 1 });
  });

  it('moves into a directory that becomes a generated target in the same push', async () => {
    const forEach = { directories: 'envs/*', clusters: ['lab'], namespaces: ['NAMESPACE'] };
    testbed = await Testbed.build({
      targets: [GIVER, { name: 'NAMESPACE-{{basename}}', cluster: 'lab', path: undefined, forEach }],
    });
    await testbed.start();
    const first = await testbed.push(files());
    await outcomeOf('a', first, 'deployed');
    const uid = await uidOf('x');
    const moved = await testbed.push({ 'a/x.yaml': null, 'envs/new/x.yaml': configMap('x', { v: '2' }) });
    await outcomeOf('a', moved, 'deployed');
    await outcomeOf('new', moved, 'deployed');
    expect(await uidOf('x')).toBe(uid);
    expect(await ownerOf('x')).toBe('envs/new/x.yaml');
  });
});

describe('an object that two targets define', () => {
  it('is refused for the second one, which does not wait for the first', async () => {
    testbed = await Testbed.build({ targets: [GIVER, RECEIVER] });
    await testbed.push({ 'a/x.yaml': configMap('x'), 'b/own.yaml': configMap('own') });
    await deploy('a');
    await deploy('b');
    await testbed.push({ 'b/x.yaml': configMap('x') });
    expect(await deploy('b')).toMatchObject({ verdict: 'refused', errors: [{ code: 'foreign-owner' }] });
  });

  it('is pruned when the other target follows another branch', async () => {
    testbed = await Testbed.build({ targets: [GIVER, { ...RECEIVER, branch: 'other' }] });
    await testbed.push({ 'a/x.yaml': configMap('x'), 'a/rest.yaml': configMap('rest') });
    await deploy('a');
    await testbed.push({ 'a/x.yaml': null, 'b/x.yaml': configMap('x') });
    expect(await deploy('a')).toMatchObject({ pruned: 1 });
    expect(await uidOf('x')).toBeNull();
  });
});
