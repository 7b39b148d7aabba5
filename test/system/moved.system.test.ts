import { afterEach, describe, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

async function errorsOf(target: string): Promise<readonly { code: string; message: string; remedy: string }[]> {
  const { code, stdout } = await house.headgate('deploy', target, '--output', 'json');
  expect(code).toBe(1);
  return (JSON.parse(stdout) as { errors: { code: string; message: string; remedy: string }[] }).errors;
}

describe('a target that got another name or namespace', () => {
  it('is refused under its new name, which names the old one, until that is given up', async () => {
    house = await House.build({ targets: [{ name: 'NAMESPACE-old' }, { name: 'NAMESPACE-new' }] });
    const [old, renamed] = [`${house.namespace}-old`, `${house.namespace}-new`];
    await house.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') });
    expect(await house.headgate('deploy', old)).toMatchObject({ code: 0 });
    const errors = await errorsOf(renamed);
    expect(errors.map(({ code }) => code)).toEqual(['target-moved', 'target-moved']);
    expect(errors[0]?.message).toContain(`belongs to target ${old}`);
    const giveUp = `uninstall ${old} --keep --cluster lab --namespace ${house.namespace}`;
    expect(errors[0]?.remedy).toContain(`headgate ${giveUp}`);

    expect(await house.headgate('--yes', ...giveUp.split(' '))).toMatchObject({ code: 0 });
    expect(await house.headgate('deploy', renamed)).toMatchObject({ code: 0 });
    await house.push({ 'apps/b.yaml': null });
    expect(await house.headgate('deploy', renamed)).toMatchObject({ code: 0 });
    expect(Object.keys(await house.configMaps())).toEqual(['a']);
  });

  it('is refused in its new namespace, again and again, until the old one is given up', async () => {
    const target: Record<string, unknown> = {};
    house = await House.build({ target });
    const { namespace } = house;
    await house.push({ 'apps/a.yaml': configMap('a') });
    expect(await house.headgate('deploy', namespace)).toMatchObject({ code: 0 });
    target['namespace'] = `${namespace}-2`;
    await house.kubectl('create', 'namespace', `${namespace}-2`);
    for (const _ of [1, 2]) {
      const errors = await errorsOf(namespace);
      expect(errors).toEqual([expect.objectContaining({ code: 'target-moved' })]);
      expect(errors[0]?.remedy).toContain(
        `headgate uninstall ${namespace} --keep --cluster lab --namespace ${namespace}`,
      );
    }
    const giveUp = ['uninstall', namespace, '--keep', '--cluster', 'lab', '--namespace', namespace];
    expect(await house.headgate('--yes', ...giveUp)).toMatchObject({ code: 0 });
    expect(await house.headgate('deploy', namespace)).toMatchObject({ code: 0 });
    expect(Object.keys(await house.configMaps())).toEqual(['a']);
    await house.kubectl('-n', `${namespace}-2`, 'get', 'configmap', 'a');
    await house.kubectl('delete', 'namespace', `${namespace}-2`, '--wait=false');
  });

  it('says why it was refused also where its namespace would still have to be made', async () => {
    house = await House.build({ namespaceExists: false, target: { createNamespace: true } });
    await house.push({ 'apps/a.yaml': 'a: [' });
    expect(await errorsOf(house.namespace)).toEqual([expect.objectContaining({ code: 'manifest-invalid' })]);
  });
});
