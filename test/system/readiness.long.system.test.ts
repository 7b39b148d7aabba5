import { afterEach, expect, it, vi } from 'vitest';
import { startAdmissionServer } from '../rig/cluster/admission-server.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

async function buildTestbed(target: Readonly<Record<string, unknown>> = {}): Promise<void> {
  testbed = await Testbed.build({ target });
}

interface Options {
  readonly image?: string;
  readonly replicas?: number;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

function deployment(
  name: string,
  { image = 'ghcr.io/acme/web:1', replicas = 1, nodeSelector = {}, labels = {} }: Options = {},
) {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { nodeSelector, containers: [{ name: 'app', image }] },
      },
    },
  });
}

/** No node has it, so its pods stay pending. */
const NOWHERE = { nodeSelector: { nowhere: 'true' } };

const INGRESS = JSON.stringify({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web' },
  spec: { rules: [{ host: 'example.com' }] },
});

function statuses(revision: string): readonly (readonly [string, string])[] {
  return testbed.host.statusesOf(revision).map(({ state, description }) => [state, description]);
}

async function finalStatus(revision: string): Promise<readonly [string, string]> {
  return vi.waitFor(
    () => {
      const last = statuses(revision).at(-1);
      if (last === undefined || last[0] === 'pending') throw new Error(`not final: ${JSON.stringify(last)}`);
      return last;
    },
    { timeout: 30_000, interval: 20 },
  );
}

async function events(): Promise<readonly string[]> {
  const list = JSON.parse(await testbed.kubectl('-n', testbed.namespace, 'get', 'events', '-o', 'json')) as {
    items: { reason: string; involvedObject: { name: string }; metadata: { creationTimestamp: string } }[];
  };
  return list.items
    .filter(({ involvedObject }) => involvedObject.name.startsWith('headgate-'))
    .map(({ reason }) => reason);
}

const line = (revision: string, message: string) =>
  testbed.logged((each) => each['revision'] === revision && each.message === message);

it('a commit is pending until its changes are ready, and its final status says how long that took', async () => {
  await buildTestbed();
  await testbed.start();
  const revision = await testbed.push({
    'apps/web.json': deployment('web', { replicas: 2 }),
    'apps/settings.yaml': configMap('settings'),
  });
  expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 2 });
  expect(await line(revision, 'ready')).toMatchObject({ level: 'info', target: testbed.namespace, notReady: [] });
  await testbed.host.settled();
  expect(statuses(revision)).toEqual([
    ['pending', 'applying'],
    ['success', expect.stringMatching(/^2 created, ready in \d+\.\d s$/)],
  ]);
  expect(JSON.stringify(await testbed.get('configmap', `headgate-${testbed.namespace}.ready`))).toContain(revision);
  expect((await events()).toSorted()).toEqual(['Deployed', 'Ready']);
  const [status] = JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout) as { readiness: string }[];
  expect(status?.readiness).toBe('ready');
});

it('the status of a commit that is ready at once is not overtaken by the one that it is being applied', async () => {
  await buildTestbed();
  await testbed.start();
  await line(await testbed.push({ 'apps/web.json': deployment('web') }), 'ready');
  // It is sent again a second later.
  testbed.host.faults = { api: { status: 502, times: 1 } };
  const revision = await testbed.push({ 'apps/web.json': deployment('web', { labels: { changed: 'true' } }) });
  await line(revision, 'ready');
  await vi.waitFor(() => expect(statuses(revision)).toHaveLength(2), { timeout: 30_000, interval: 20 });
  expect(statuses(revision).map(([state]) => state)).toEqual(['pending', 'success']);
});

it('an image that cannot be pulled fails the commit within 15 s, and the fixing push is applied at once', async () => {
  await buildTestbed();
  await testbed.start();
  const good = await testbed.push({ 'apps/web.json': deployment('web'), 'apps/api.json': deployment('api') });
  await line(good, 'ready');
  const bad = await testbed.push({ 'apps/web.json': deployment('web', { image: 'no-such-image' }) });
  await testbed.outcome(bad);
  const pod = await vi.waitFor(
    async () => {
      const list = JSON.parse(await testbed.kubectl('-n', testbed.namespace, 'get', 'pods', '-o', 'json')) as {
        items: { status: { containerStatuses?: { state: { waiting?: object } }[] } }[];
      };
      const stuck = list.items.find(({ status }) => status.containerStatuses?.[0]?.state.waiting !== undefined);
      if (stuck === undefined) throw new Error('no pod is stuck yet');
      return stuck;
    },
    { timeout: 30_000, interval: 50 },
  );
  expect(pod).toBeDefined();
  const toldMs = Date.now();
  const text = '0 of 1 ready: web: ImagePullBackOff no-such-image: Back-off pulling image';
  expect(await finalStatus(bad)).toEqual(['failure', text]);
  const afterMs = Date.now() - toldMs;
  expect(afterMs).toBeLessThan(15_000);
  expect(await line(bad, 'not-ready')).toMatchObject({
    level: 'warn',
    notReady: [{ kind: 'Deployment', namespace: testbed.namespace, name: 'web', reason: text.split('web: ')[1] }],
  });
  process.stderr.write(`not ready was said ${afterMs} ms after the pod said it\n`);

  const pushedMs = Date.now();
  const fixed = await testbed.push({ 'apps/web.json': deployment('web', { image: 'ghcr.io/acme/web:2' }) });
  expect(await testbed.outcome(fixed)).toMatchObject({ verdict: 'deployed', updated: 1 });
  expect(Date.now() - pushedMs).toBeLessThan(15_000);
  expect(await finalStatus(fixed)).toEqual(['success', expect.stringMatching(/^1 updated, ready in /)]);
  expect(statuses(bad).at(-1)).toEqual(['failure', text]);
});

it('a commit that is superseded before it is ready names its successor', async () => {
  await buildTestbed();
  await testbed.start();
  const first = await testbed.push({ 'apps/web.json': deployment('web', NOWHERE) });
  await testbed.outcome(first);
  const second = await testbed.push({ 'apps/web.json': deployment('web') });
  await line(second, 'ready');
  expect(await finalStatus(first)).toEqual(['success', `applied; superseded by ${second.slice(0, 7)}`]);
  expect(testbed.log.filter((each) => each['revision'] === first && each.message === 'ready')).toEqual([]);
});

it('a commit whose successor is still being applied names it', async () => {
  await buildTestbed();
  const { promise: applied, resolve: letApply } = Promise.withResolvers<undefined>();
  let reviewed = 0;
  // Refuses nothing, and keeps a write of the second commit waiting.
  const server = await startAdmissionServer(testbed.cluster, async ({ dryRun }) => {
    reviewed += 1;
    if (!dryRun) await applied;
    return { allowed: true };
  });
  const name = `${testbed.namespace}-slow`;
  try {
    await testbed.applyByHand(
      JSON.stringify({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name },
        webhooks: [
          {
            name: 'slow.example.com',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            timeoutSeconds: 30,
            failurePolicy: 'Ignore',
            clientConfig: { url: server.url, caBundle: server.caBundle },
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': testbed.namespace } },
            rules: [
              { apiGroups: ['networking.k8s.io'], apiVersions: ['v1'], operations: ['*'], resources: ['ingresses'] },
            ],
          },
        ],
      }),
    );
    // It takes effect some moments after it was created.
    const attempt = async () => {
      await testbed.applyByHand(INGRESS, '--dry-run=server');
      expect(reviewed).toBeGreaterThan(0);
    };
    await vi.waitFor(attempt, { timeout: 30_000, interval: 200 });
    await testbed.start();
    const first = await testbed.push({ 'apps/web.json': deployment('web', NOWHERE) });
    await testbed.outcome(first);
    const second = await testbed.push({ 'apps/web.json': deployment('web'), 'apps/ingress.json': INGRESS });
    expect(await finalStatus(first)).toEqual(['success', `applied; superseded by ${second.slice(0, 7)}`]);
    expect(statuses(second)).toEqual([['pending', 'applying']]);
    letApply(undefined);
    await line(second, 'ready');
  } finally {
    letApply(undefined);
    server.close();
    await testbed.kubectl('delete', 'validatingwebhookconfiguration', name);
  }
}, 120_000);

it('an object that is not ready in time fails the commit, and a push that does not change it does not hide it', async () => {
  await buildTestbed({ wait: '2s' });
  await testbed.start();
  const first = await testbed.push({ 'apps/web.json': deployment('web', NOWHERE), 'apps/api.json': deployment('api') });
  expect(await finalStatus(first)).toEqual(['failure', '1 of 2 ready: web: 0 of 1 replicas available']);
  await line(first, 'not-ready');
  expect(await events()).toContain('NotReady');
  const other = await testbed.push({ 'apps/settings.yaml': configMap('settings') });
  expect(await finalStatus(other)).toEqual(['success', expect.stringMatching(/^1 created, ready in /)]);
  const [status] = JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout) as { readiness: string }[];
  expect(status?.readiness).toBe('not-ready');
});

it('an object that a later commit removes before it is ready no longer keeps its target from being ready', async () => {
  await buildTestbed({ wait: '6s' });
  await testbed.start();
  const first = await testbed.push({ 'apps/web.json': deployment('web', NOWHERE), 'apps/a.yaml': configMap('a') });
  await testbed.outcome(first);
  const second = await testbed.push({ 'apps/web.json': null });
  expect(await testbed.outcome(second)).toMatchObject({ pruned: 1 });
  await line(first, 'ready');
  const [status] = JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout) as { readiness: string }[];
  expect(status?.readiness).toBe('ready');
  expect(await events()).not.toContain('NotReady');
});

it('an object that recovers by itself turns the status to success, also after a restart, and each change is reported once', async () => {
  await buildTestbed();
  await testbed.start();
  const revision = await testbed.push({ 'apps/web.json': deployment('web', { image: 'no-such-image' }) });
  await line(revision, 'not-ready');
  // A process that dies before it has recorded what it reported reports it again.
  await vi.waitFor(
    async () =>
      expect(JSON.stringify(await testbed.get('configmap', `headgate-${testbed.namespace}.ready`))).toContain(
        'not-ready',
      ),
    { timeout: 30_000, interval: 50 },
  );
  await testbed.stop();
  await testbed.start();
  await testbed.kubectl('-n', testbed.namespace, 'set', 'image', 'deployment/web', 'app=ghcr.io/acme/web:3');
  await line(revision, 'ready');
  await testbed.host.settled();
  expect(statuses(revision).map(([state]) => state)).toEqual(['pending', 'failure', 'success']);
  expect((await events()).toSorted()).toEqual(['Deployed', 'NotReady', 'Ready']);
});

it('a target with wait: 0s reports success as soon as it has applied', async () => {
  await buildTestbed({ wait: '0s' });
  await testbed.start();
  const revision = await testbed.push({ 'apps/web.json': deployment('web', NOWHERE) });
  expect(await finalStatus(revision)).toEqual(['success', '1 created']);
  expect(await testbed.get('configmap', `headgate-${testbed.namespace}.ready`)).toBeNull();
});

it('a Job is ready when it is complete, even if it has deleted itself', async () => {
  await buildTestbed();
  await testbed.start();
  const spec = {
    ttlSecondsAfterFinished: 0,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'ghcr.io/acme/migrate:1' }] } },
  };
  const job = JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'migrate' }, spec });
  const revision = await testbed.push({ 'apps/job.json': job });
  expect(await finalStatus(revision)).toEqual(['success', expect.stringMatching(/^1 created, ready in /)]);
});

it('a check skips ignored objects, and names an object that it may not read, with the reason', async () => {
  await buildTestbed({ wait: '3s', serviceAccount: 'NAMESPACE/deployer' });
  await testbed.kubectl('-n', testbed.namespace, 'create', 'serviceaccount', 'deployer');
  const verbs = (resources: string, ...allowed: readonly string[]) => [
    '-n',
    testbed.namespace,
    'create',
    'role',
    resources.split('.')[0] ?? '',
    `--resource=${resources}`,
    ...allowed.map((verb) => `--verb=${verb}`),
  ];
  await testbed.kubectl(...verbs('configmaps', 'get', 'create', 'patch', 'delete'));
  await testbed.kubectl(...verbs('deployments.apps', 'create', 'patch'));
  for (const role of ['configmaps', 'deployments']) {
    await testbed.kubectl(
      '-n',
      testbed.namespace,
      'create',
      'rolebinding',
      role,
      `--role=${role}`,
      `--serviceaccount=${testbed.namespace}:deployer`,
    );
  }
  await testbed.start();
  const ignored = JSON.parse(deployment('other', NOWHERE)) as { metadata: object };
  const revision = await testbed.push({
    'apps/web.json': deployment('web'),
    'apps/other.json': JSON.stringify({
      ...ignored,
      metadata: { name: 'other', annotations: { 'headgate.dev/apply': 'ignore' } },
    }),
  });
  const [state, text] = await finalStatus(revision);
  expect([state, text]).toEqual([
    'failure',
    expect.stringMatching(/^0 of 1 ready: web: .* may not get deployments\.apps/),
  ]);
});

it('headgate deploy waits, and exits with 0 only when everything is ready', async () => {
  await buildTestbed();
  const { namespace } = testbed;
  const good = await testbed.push({ 'apps/web.json': deployment('web') });
  const well = await testbed.headgate('deploy', namespace);
  expect([well.code, well.stdout]).toEqual([0, `${namespace}: deployed at ${good.slice(0, 12)} (1 created, ready)\n`]);
  const bad = await testbed.push({ 'apps/web.json': deployment('web', { image: 'no-such-image' }) });
  const stuck = await testbed.headgate('deploy', namespace);
  expect(stuck.code).toBe(1);
  expect(stuck.stdout).toBe(
    `${namespace}: deployed at ${bad.slice(0, 12)} (1 updated), not ready:\n  Deployment ${namespace}/web: ImagePullBackOff no-such-image: Back-off pulling image\n`,
  );
  expect(statuses(bad).at(-1)?.[0]).toBe('failure');
  const again = await testbed.headgate('deploy', namespace);
  expect([again.code, again.stdout]).toEqual([
    1,
    `${namespace}: unchanged at ${bad.slice(0, 12)} (no changes), not ready:\n  Deployment ${namespace}/web: ImagePullBackOff no-such-image: Back-off pulling image\n`,
  ]);
  await testbed.kubectl('-n', namespace, 'set', 'image', 'deployment/web', 'app=ghcr.io/acme/web:3');
  const recovered = await testbed.headgate('deploy', namespace);
  expect([recovered.code, recovered.stdout]).toEqual([
    0,
    `${namespace}: unchanged at ${bad.slice(0, 12)} (no changes, ready)\n`,
  ]);
});
