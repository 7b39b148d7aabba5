import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metadataMap } from '../../src/resource/resource.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build();
  await testbed.start();
  const note = '  annotations: { headgate.dev/prune: "false" }\n';
  await testbed.outcome(
    await testbed.push({
      'apps/a.yaml': configMap('a'),
      'apps/b.yaml': configMap('b'),
      'apps/kept.yaml': configMap('kept', {}, note),
      'apps/claim.yaml':
        'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n',
    }),
    'deployed',
  );
  await testbed.applyByHand(configMap('foreign'));
});

afterEach(async () => {
  await testbed.tearDown();
});

async function stateObjects(): Promise<readonly string[]> {
  const names = await testbed.kubectl('-n', testbed.namespace, 'get', 'configmaps', '-o', 'name');
  return names.split('\n').filter((name) => name.includes('/headgate-'));
}

async function marksOf(kind: string, name: string): Promise<readonly string[]> {
  const object = (await testbed.get(kind, name)) ?? {};
  const keys = [...Object.keys(metadataMap(object, 'labels')), ...Object.keys(metadataMap(object, 'annotations'))];
  return keys.filter((key) => /applyset|headgate\.dev\/source/.test(key));
}

describe('headgate uninstall', () => {
  it('prints its plan, and does nothing without a terminal or --yes', async () => {
    const { code, stdout, stderr } = await testbed.headgate('uninstall', testbed.namespace);
    expect(code).toBe(64);
    expect(stdout).toContain('- delete ConfigMap');
    expect(stdout).toContain('2 to delete, 2 to keep');
    expect(stderr).toContain('--yes');
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b', 'foreign', 'kept']);
  });

  it('deletes owned objects and the state, and removes the labels of protected objects', async () => {
    const { code, stdout } = await testbed.headgate('--yes', 'uninstall', testbed.namespace);
    expect(stdout).toContain(`${testbed.namespace}: uninstalled (2 deleted, 2 kept)`);
    expect(code).toBe(0);
    expect(Object.keys(await testbed.configMaps())).toEqual(['foreign', 'kept']);
    expect([await marksOf('configmap', 'kept'), await marksOf('pvc', 'data')]).toEqual([[], []]);
    expect(await stateObjects()).toEqual([]);
    const again = await testbed.headgate('--yes', 'uninstall', testbed.namespace);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('0 to delete') });
  });

  it('keeps every object with --keep, for a target that is no longer in headgate.yml, so that another target may adopt them', async () => {
    const target = `${testbed.namespace}-gone`;
    expect(await testbed.headgate('--yes', 'uninstall', target)).toMatchObject({ code: 64 });
    const where = ['--cluster', 'lab', '--namespace', testbed.namespace];
    const nothing = await testbed.headgate('--yes', 'uninstall', target, '--keep', ...where);
    expect(nothing).toMatchObject({ code: 0, stdout: expect.stringContaining('0 to delete, 0 to keep') });

    const { code, stdout } = await testbed.headgate(
      '--yes',
      'uninstall',
      testbed.namespace,
      '--keep',
      '--output',
      'json',
      ...where,
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ target: testbed.namespace, uninstalled: true });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b', 'foreign', 'kept']);
    expect(await marksOf('configmap', 'a')).toEqual([]);
    expect(await stateObjects()).toEqual([]);
    const revision = await testbed.push({ 'apps/b.yaml': null });
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 0 });
    // What was given up is adopted again where Git has it, and left alone where it has not.
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b', 'foreign', 'kept']);
    expect([await marksOf('configmap', 'a'), await marksOf('configmap', 'b')].map(({ length }) => length)).toEqual([
      2, 0,
    ]);
  });

  it('is refused while another run holds the lease', async () => {
    const parent = (await testbed.get('configmap', `headgate-${testbed.namespace}`)) as unknown as {
      data: { state: string };
    };
    const state = JSON.parse(parent.data.state) as object;
    const lease = { run: 'r', holder: 'another', untilMs: Date.now() + 60_000 };
    const patch = JSON.stringify({ data: { state: JSON.stringify({ ...state, lease }) } });
    await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', `headgate-${testbed.namespace}`, '-p', patch);
    const { code, stderr } = await testbed.headgate('--yes', 'uninstall', testbed.namespace);
    expect(code).toBe(1);
    expect(stderr).toContain('another run');
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'b', 'foreign', 'kept']);
  });
});
