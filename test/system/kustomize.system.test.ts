import { afterEach, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { TestbedOptions } from '../rig/testbed/testbed.ts';

let testbed: Testbed | null = null;

afterEach(async () => {
  await testbed?.tearDown();
  testbed = null;
});

async function started(options: TestbedOptions = {}): Promise<Testbed> {
  const built = await Testbed.build({ ...options, target: { path: 'apps/web', ...options.target } });
  testbed = built;
  await built.start();
  return built;
}

/** An overlay above a base, with a generator whose name carries a hash. */
const SHOP = {
  'base/kustomization.yaml': 'resources: [one.yaml, two.yaml]\n',
  'base/one.yaml': configMap('one', { value: '1' }),
  'base/two.yaml': configMap('two', { value: '2' }),
  'apps/web/kustomization.yaml':
    'resources:\n  - ../../base\nnamePrefix: web-\nconfigMapGenerator:\n  - name: settings\n    files: [app.properties]\n',
  'apps/web/app.properties': 'colour=blue\n',
};

const requestsOf = async (of: Testbed, revision: string) =>
  (await of.auditOf(`${of.namespace}@${revision.slice(0, 12)}`)).map(({ verb, uri }) => `${verb} ${uri.split('?')[0]}`);

it('renders a kustomization, applies what a change in its base changes, and prunes objects that are no longer rendered', async () => {
  const on = await started();
  const first = await on.push(SHOP);
  expect(await on.outcome(first)).toMatchObject({ verdict: 'deployed', created: 3 });
  const names = Object.keys(await on.configMaps());
  expect(names.toSorted()).toEqual(['web-one', expect.stringMatching(/^web-settings-[a-z0-9]{10}$/), 'web-two']);

  const second = await on.push({ 'base/one.yaml': configMap('one', { value: 'changed' }) });
  expect(await on.outcome(second)).toMatchObject({ verdict: 'deployed', created: 0, updated: 1, pruned: 0 });
  expect((await on.configMaps())['web-one']).toEqual({ value: 'changed' });
  const writes = (await requestsOf(on, second)).filter(
    (line) => line.startsWith('patch') && !line.includes('headgate-'),
  );
  expect(new Set(writes)).toEqual(new Set([`patch /api/v1/namespaces/${on.namespace}/configmaps/web-one`]));

  const third = await on.push({ 'apps/web/app.properties': 'colour=red\n' });
  expect(await on.outcome(third)).toMatchObject({ verdict: 'deployed', created: 1, updated: 0, pruned: 1 });

  const fourth = await on.push({
    'base/kustomization.yaml': 'resources: [one.yaml]\n',
    'base/two.yaml': null,
  });
  expect(await on.outcome(fourth)).toMatchObject({ verdict: 'deployed', pruned: 1 });
  expect(Object.keys(await on.configMaps())).not.toContain('web-two');
});

it('records the source file of each rendered object, and reports the line of a refused one', async () => {
  const on = await started();
  await on.outcome(await on.push(SHOP));
  const live = await on.get('configmap', 'web-two');
  expect(live?.['metadata']).toMatchObject({ annotations: { 'headgate.dev/source': 'base/two.yaml' } });
  expect(JSON.stringify(live)).not.toContain('config.kubernetes.io/origin');

  const bad = `# a comment\n---\n${configMap('two', { value: '2' })}wrong: field\n`;
  const refused = await on.outcome(await on.push({ 'base/two.yaml': bad }));
  expect(refused).toMatchObject({
    verdict: 'refused',
    errors: [expect.objectContaining({ code: 'manifest-rejected', subject: 'base/two.yaml:3' })],
  });
});

it('neither renders a kustomization nor sends more than one request to Kubernetes when a push changes none of its inputs', async () => {
  const on = await started();
  await on.outcome(await on.push(SHOP));
  const beside = await on.push({ 'apps/web/README.md': 'words\n', 'other/file.yaml': configMap('other') });
  expect(await on.outcome(beside)).toMatchObject({
    verdict: 'unchanged',
    requests: { kubernetes: 1 },
    stagesMs: expect.not.objectContaining({ render: expect.anything() }),
  });
  expect(await requestsOf(on, beside)).toEqual([
    `get /api/v1/namespaces/${on.namespace}/configmaps/headgate-${on.namespace}`,
  ]);
});

it('names the file and the line of a missing path in a kustomization, and applies nothing', async () => {
  const on = await started();
  await on.outcome(await on.push(SHOP));
  const broken = await on.push({
    'base/kustomization.yaml': 'resources:\n  - one.yaml\n  - three.yaml\n',
  });
  expect(await on.outcome(broken)).toMatchObject({
    verdict: 'refused',
    errors: [
      expect.objectContaining({
        code: 'render-refused',
        subject: 'base/kustomization.yaml:3',
        message: 'resources[1]: "three.yaml" does not exist',
      }),
    ],
  });
  expect(Object.keys(await on.configMaps())).toHaveLength(3);
});

it('keeps every object when a target changes from plain manifests to a kustomization and back', async () => {
  const on = await started();
  const plain = { 'apps/web/a.yaml': configMap('a', { v: '1' }), 'apps/web/b.yaml': configMap('b', { v: '1' }) };
  expect(await on.outcome(await on.push(plain))).toMatchObject({ verdict: 'deployed', created: 2 });
  const built = await on.push({ 'apps/web/kustomization.yaml': 'resources: [a.yaml, b.yaml]\n' });
  expect(await on.outcome(built)).toMatchObject({ created: 0, pruned: 0, failed: 0 });
  const only = await on.push({ 'apps/web/kustomization.yaml': 'resources: [a.yaml]\n' });
  expect(await on.outcome(only)).toMatchObject({ pruned: 1 });
  const back = await on.push({ 'apps/web/kustomization.yaml': null });
  expect(await on.outcome(back)).toMatchObject({ created: 1, pruned: 0, failed: 0 });
  expect(Object.keys(await on.configMaps()).toSorted()).toEqual(['a', 'b']);
});
