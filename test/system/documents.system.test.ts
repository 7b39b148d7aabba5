import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOCUMENTS } from '../resource/documents.ts';
import { run } from '../rig/programs/command.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});

afterAll(async () => {
  await testbed.tearDown();
});

/** The real kubectl, on the same cluster. */
async function kubectlApplies(text: string): Promise<string> {
  const { kubeconfig, namespace, cluster } = testbed;
  const args = ['--kubeconfig', kubeconfig, '-n', namespace, 'apply', '--dry-run=server', '-f', '-'];
  const { code, stderr } = await run(cluster.kubectl, args, { input: text });
  return code === 0 ? 'applies' : stderr;
}

describe('a document in Git', () => {
  it.each(DOCUMENTS)(
    'that is or has $what is refused by kubectl too, unless it is a manifest',
    async ({ text, is, kubectl }) => {
      const result = await kubectlApplies(text);
      expect(result).toMatch(kubectl);
      expect(result === 'applies').toBe(is === 'manifest');
    },
  );

  it('that has a typo is refused at its first push and at every later one, and what is not a manifest is a warning', async () => {
    const typo = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { nmae: deny-all }\n';
    const compose = 'services: { web: { image: nginx } }\n';
    const files = { 'apps/a.yaml': configMap('a'), 'apps/policy.yaml': typo, 'apps/compose.yaml': compose };
    const first = await testbed.outcome(await testbed.push(files), 'refused');
    const mistake = {
      code: 'manifest-invalid',
      subject: 'apps/policy.yaml:3',
      message: 'metadata.name is missing; did you mean name instead of nmae?',
    };
    expect(first['errors']).toEqual([expect.objectContaining(mistake)]);
    const fixed = { 'apps/policy.yaml': configMap('policy') };
    const deployed = await testbed.outcome(await testbed.push(fixed), 'deployed');
    expect(deployed['warnings']).toEqual([expect.objectContaining({ subject: 'apps/compose.yaml:1' })]);
    const later = await testbed.outcome(await testbed.push({ 'apps/policy.yaml': typo }), 'refused');
    expect(later['errors']).toEqual(first['errors']);
    const other = await testbed.push({ 'apps/policy.yaml': configMap('policy'), 'apps/new.yaml': typo });
    expect((await testbed.outcome(other, 'refused'))['errors']).toEqual([
      expect.objectContaining({ ...mistake, subject: 'apps/new.yaml:3' }),
    ]);
    expect(Object.keys(await testbed.configMaps()).toSorted()).toEqual(['a', 'policy']);
    await testbed.outcome(await testbed.push({ 'apps/new.yaml': null }), 'unchanged');
  });

  it('that has only a kind is refused if the cluster serves that kind, and a warning otherwise', async () => {
    const files = { 'apps/a.yaml': configMap('a'), 'apps/kind.yaml': 'kind: Deployment\nspec: {}\n' };
    const refused = await testbed.outcome(await testbed.push(files), 'refused');
    expect((refused['errors'] as { message: string }[]).map(({ message }) => message)).toEqual([
      'apiVersion is missing',
      'metadata.name is missing',
    ]);
    const revision = await testbed.push({ 'apps/kind.yaml': 'kind: Weather\n', 'apps/b.yaml': configMap('b') });
    const outcome = await testbed.outcome(revision, 'deployed');
    expect(outcome['warnings']).toEqual([expect.objectContaining({ subject: 'apps/kind.yaml:1' })]);
  });

  it('that only a tool reads is a warning, complete or not', async () => {
    const skaffold = 'apiVersion: skaffold/v4beta11\nkind: Config\n';
    const files = { 'apps/skaffold.yaml': `${skaffold}metadata: { name: shop }\n`, 'apps/other.yaml': skaffold };
    const outcome = await testbed.outcome(await testbed.push({ ...files, 'apps/c.yaml': configMap('c') }), 'deployed');
    expect((outcome['warnings'] as { subject: string }[]).map(({ subject }) => subject).toSorted()).toEqual([
      'apps/other.yaml:1',
      'apps/skaffold.yaml:1',
    ]);
  });
});
