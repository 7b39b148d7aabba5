import { afterEach, expect, it, vi } from 'vitest';
import { compareText } from '../../src/resource/resource.ts';
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

/** A Deployment that reads a generated ConfigMap, whose name carries a hash of its content. */
const rollout = (colour: string, image: string) => ({
  'apps/web/kustomization.yaml': `resources: [web.yaml]\nconfigMapGenerator:\n  - name: settings\n    literals: [colour=${colour}]\n`,
  'apps/web/web.yaml': JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'app', image, envFrom: [{ configMapRef: { name: 'settings' } }] }] },
      },
    },
  }),
});

const coloursOf = async (of: Testbed) =>
  Object.values(await of.configMaps())
    .map(({ colour = '' }) => colour)
    .toSorted(compareText);

const ends = (of: Testbed, revision: string, status: RegExp) =>
  vi.waitFor(
    () => {
      const last = of.host.statusesOf(revision).at(-1);
      expect(`${last?.state} ${last?.description}`).toMatch(status);
    },
    { timeout: 40_000, interval: 20 },
  );

it('prunes a generated ConfigMap only when the pods that use its successor are ready', async () => {
  const on = await started();
  const first = await on.push(rollout('blue', 'ghcr.io/acme/web:1'));
  await ends(on, first, /^success 2 created, ready in/);

  const good = await on.push(rollout('green', 'ghcr.io/acme/web:2'));
  await ends(on, good, /^success 1 created, 1 updated, 1 pruned, ready in/);
  expect(await coloursOf(on)).toEqual(['green']);

  const bad = await on.push(rollout('red', 'no-such-image'));
  await ends(on, bad, /^failure 0 of 1 ready: web: ImagePullBackOff/);
  expect(await coloursOf(on)).toEqual(['green', 'red']);
  // A sweep does not prune it either.
  expect(await on.headgate('sweep')).toMatchObject({ code: 0 });
  expect(await coloursOf(on)).toEqual(['green', 'red']);

  const fixed = await on.push(rollout('white', 'ghcr.io/acme/web:3'));
  await ends(on, fixed, /^success 1 created, 1 updated, 2 pruned, ready in/);
  expect(await coloursOf(on)).toEqual(['white']);
  // It was applied, and stays a failure.
  expect(on.host.statusesOf(bad).at(-1)).toMatchObject({ state: 'failure' });
  // One final status, although two runs brought it.
  expect(on.host.statusesOf(good).filter(({ state }) => state !== 'pending')).toHaveLength(1);
}, 120_000);

it('names the successor of a commit that is superseded while its prunes wait, as of one that is not ready', async () => {
  const on = await started();
  await ends(on, await on.push(rollout('blue', 'ghcr.io/acme/web:1')), /^success/);
  const nowhere = rollout('green', 'ghcr.io/acme/web:2');
  const web = JSON.parse(nowhere['apps/web/web.yaml']) as { spec: { template: { spec: object } } };
  Object.assign(web.spec.template.spec, { nodeSelector: { nowhere: 'true' } });
  const second = await on.push({ ...nowhere, 'apps/web/web.yaml': JSON.stringify(web) });
  await on.outcome(second, 'waiting');
  const third = await on.push(rollout('red', 'ghcr.io/acme/web:3'));
  await ends(on, third, /^success 1 created, 1 updated, 2 pruned, ready in/);
  expect(on.host.statusesOf(second).at(-1)).toMatchObject({
    state: 'success',
    description: `applied; superseded by ${third.slice(0, 7)}`,
  });
});

it('prunes a generated ConfigMap at once when the target does not wait', async () => {
  const on = await started({ target: { wait: '0s' } });
  await on.outcome(await on.push(rollout('blue', 'ghcr.io/acme/web:1')), 'deployed');
  const bad = await on.push(rollout('red', 'no-such-image'));
  expect(await on.outcome(bad)).toMatchObject({ verdict: 'deployed', created: 1, updated: 1, pruned: 1 });
  expect(await coloursOf(on)).toEqual(['red']);
});
