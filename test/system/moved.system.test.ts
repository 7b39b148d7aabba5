import { afterEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

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
