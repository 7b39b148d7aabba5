import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isObject, textOf } from '../../src/resource/resource.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});

afterEach(async () => {
  await testbed.tearDown();
});

const REPLACE = 'annotations: { headgate.dev/replace: immutable }';

function secret(value: string, metadata = ''): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: { name: s, ${metadata} }\nimmutable: true\nstringData: { pin: ${value} }\n`;
}

function job(image: string, restartPolicy = 'Never'): string {
  return JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', annotations: { 'headgate.dev/replace': 'immutable' } },
    spec: { template: { spec: { restartPolicy, containers: [{ name: 'c', image }] } } },
  });
}

function binding(to: string, metadata = ''): string {
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: b, ${metadata} }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${to} }\nsubjects: []\n`;
}

function role(name: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: ${name} }\nrules: []\n`;
}

async function uidOf(kind: string, name: string): Promise<string> {
  const metadata = (await testbed.get(kind, name))?.['metadata'];
  return isObject(metadata) ? textOf(metadata['uid']) : '';
}

describe('a change of an immutable field (A5, A6)', () => {
  it('is refused with a remedy, without showing the value of a Secret', async () => {
    await testbed.outcome(await testbed.push({ 'apps/s.yaml': secret('planted-first-pin') }), 'deployed');
    const uid = await uidOf('secret', 's');
    const revision = await testbed.push({ 'apps/s.yaml': secret('planted-second-pin') });
    const outcome = await testbed.outcome(revision);
    expect(outcome).toMatchObject({
      verdict: 'refused',
      errors: [
        {
          code: 'field-immutable',
          subject: 'apps/s.yaml:5',
          message: 'data.pin: it cannot be changed',
          remedy: expect.stringContaining('headgate.dev/replace: immutable'),
        },
      ],
    });
    expect(JSON.stringify([outcome, testbed.host.statusesOf(revision)])).not.toMatch(/planted-|cGxhbnRlZ/);
    expect(await uidOf('secret', 's')).toBe(uid);
  });

  it('replaces the object when its manifest allows it, and no other object', async () => {
    const first = { 'apps/roles.yaml': `${role('one')}---\n${role('two')}`, 'apps/b.yaml': binding('one', REPLACE) };
    await testbed.outcome(
      await testbed.push({ ...first, 'apps/s.yaml': secret('one', REPLACE), 'apps/c.yaml': configMap('c') }),
      'deployed',
    );
    const before = await Promise.all([uidOf('secret', 's'), uidOf('rolebinding', 'b'), uidOf('configmap', 'c')]);
    const files = { 'apps/s.yaml': secret('two', REPLACE), 'apps/b.yaml': binding('two', REPLACE) };
    expect(await testbed.outcome(await testbed.push(files))).toMatchObject({
      verdict: 'deployed',
      created: 0,
      updated: 2,
    });
    const after = await Promise.all([uidOf('secret', 's'), uidOf('rolebinding', 'b'), uidOf('configmap', 'c')]);
    expect(after.map((uid, n) => uid === before[n])).toEqual([false, false, true]);
    expect(await testbed.get('rolebinding', 'b')).toMatchObject({ roleRef: { name: 'two' } });
    // What was made anew is owned as what was there before.
    await testbed.outcome(await testbed.push({ 'apps/s.yaml': null }), 'deployed');
    expect(await testbed.get('secret', 's')).toBeNull();
  });

  it('never deletes an object whose replacement is invalid', async () => {
    await testbed.outcome(await testbed.push({ 'apps/j.json': job('example.com/one:1') }), 'deployed');
    const uid = await uidOf('job', 'j');
    expect(
      await testbed.outcome(await testbed.push({ 'apps/j.json': job('example.com/two:1', 'Allways') })),
    ).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'manifest-rejected', message: expect.stringContaining('spec.template.spec.restartPolicy: ') }],
    });
    expect(await uidOf('job', 'j')).toBe(uid);
    await testbed.outcome(await testbed.push({ 'apps/j.json': job('example.com/two:1') }), 'deployed');
    expect(await uidOf('job', 'j')).not.toBe(uid);
  });

  it('creates the replacement once the finalizers of the old object are gone', async () => {
    await testbed.outcome(await testbed.push({ 'apps/s.yaml': secret('one', REPLACE) }), 'deployed');
    const uid = await uidOf('secret', 's');
    const finalize = (finalizers: readonly string[]) =>
      testbed.kubectl(
        '-n',
        testbed.namespace,
        'patch',
        'secret',
        's',
        '--type=merge',
        '-p',
        JSON.stringify({ metadata: { finalizers } }),
      );
    await finalize(['example.com/hold']);
    const revision = await testbed.push({ 'apps/s.yaml': secret('two', REPLACE) });
    expect(await testbed.outcome(revision, 'failed')).toMatchObject({
      errors: [{ code: 'still-deleting', message: expect.stringContaining('example.com/hold') }],
    });
    expect(await uidOf('secret', 's')).toBe(uid);
    await finalize([]);
    await testbed.outcome(revision, 'deployed');
    expect(await uidOf('secret', 's')).not.toBe(uid);
    expect(await testbed.get('secret', 's')).toMatchObject({ data: { pin: Buffer.from('two').toString('base64') } });
  });

  it('never replaces an object that the target does not own', async () => {
    await testbed.applyByHand(secret('theirs'));
    const uid = await uidOf('secret', 's');
    expect(await testbed.outcome(await testbed.push({ 'apps/s.yaml': secret('ours', REPLACE) }))).toMatchObject({
      verdict: 'refused',
      errors: [{ code: 'field-immutable', remedy: expect.stringContaining('does not own it') }],
    });
    expect(await uidOf('secret', 's')).toBe(uid);
  });

  it('replaces a StorageClass, which holds no data', async () => {
    const other = await Testbed.build({ target: { clusterScoped: true } });
    const storage = (provisioner: string, metadata: string) =>
      `apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: ${other.namespace}, ${metadata} }\nprovisioner: ${provisioner}\n`;
    const provisioner = () => other.kubectl('get', 'storageclass', other.namespace, '-o', 'jsonpath={.provisioner}');
    try {
      await other.start();
      const files = { 'apps/class.yaml': storage('example.com/one', ''), 'apps/c.yaml': configMap('c') };
      await other.outcome(await other.push(files), 'deployed');
      const refused = await other.push({ 'apps/class.yaml': storage('example.com/two', '') });
      expect(await other.outcome(refused)).toMatchObject({ errors: [{ code: 'field-immutable' }] });
      expect(await provisioner()).toBe('example.com/one');
      await other.outcome(await other.push({ 'apps/class.yaml': storage('example.com/two', REPLACE) }), 'deployed');
      expect(await provisioner()).toBe('example.com/two');
      await other.outcome(await other.push({ 'apps/class.yaml': null }), 'deployed');
    } finally {
      await other.tearDown();
    }
  });
});
