import { afterEach, expect, it, vi } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

async function aHouse(target: Readonly<Record<string, unknown>> = {}): Promise<void> {
  house = await House.build({ target });
}

interface Options {
  readonly image?: string;
  readonly replicas?: number;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

function deployment(name: string, { image = 'ghcr.io/acme/web:1', replicas = 1, nodeSelector = {} }: Options = {}) {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
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

function statuses(revision: string): readonly (readonly [string, string])[] {
  return house.host.statusesOf(revision).map(({ state, description }) => [state, description]);
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
  const list = JSON.parse(await house.kubectl('-n', house.namespace, 'get', 'events', '-o', 'json')) as {
    items: { reason: string; involvedObject: { name: string }; metadata: { creationTimestamp: string } }[];
  };
  return list.items
    .filter(({ involvedObject }) => involvedObject.name.startsWith('headgate-'))
    .map(({ reason }) => reason);
}

const line = (revision: string, message: string) =>
  house.logged((each) => each['revision'] === revision && each.message === message);

it('a commit is pending until what it changed is ready, and then says how long that took', async () => {
  await aHouse();
  await house.start();
  const revision = await house.push({
    'apps/web.json': deployment('web', { replicas: 2 }),
    'apps/settings.yaml': configMap('settings'),
  });
  expect(await house.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 2 });
  expect(await line(revision, 'ready')).toMatchObject({ level: 'info', target: house.namespace, notReady: [] });
  await house.host.settled();
  expect(statuses(revision)).toEqual([
    ['pending', 'applying'],
    ['success', expect.stringMatching(/^2 created, ready in \d+\.\d s$/)],
  ]);
  expect(JSON.stringify(await house.get('configmap', `headgate-${house.namespace}.ready`))).toContain(revision);
  expect((await events()).toSorted()).toEqual(['Deployed', 'Ready']);
  const [status] = JSON.parse((await house.headgate('status', '--output', 'json')).stdout) as { readiness: string }[];
  expect(status?.readiness).toBe('ready');
});

it('an image that cannot be pulled is a failure within 15 s, with the image named; the fixing push is applied at once', async () => {
  await aHouse();
  await house.start();
  const good = await house.push({ 'apps/web.json': deployment('web'), 'apps/api.json': deployment('api') });
  await line(good, 'ready');
  const bad = await house.push({ 'apps/web.json': deployment('web', { image: 'no-such-image' }) });
  await house.outcome(bad);
  const pod = await vi.waitFor(
    async () => {
      const list = JSON.parse(await house.kubectl('-n', house.namespace, 'get', 'pods', '-o', 'json')) as {
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
    notReady: [{ kind: 'Deployment', namespace: house.namespace, name: 'web', reason: text.split('web: ')[1] }],
  });
  process.stderr.write(`not ready was said ${afterMs} ms after the pod said it\n`);

  const pushedMs = Date.now();
  const fixed = await house.push({ 'apps/web.json': deployment('web', { image: 'ghcr.io/acme/web:2' }) });
  expect(await house.outcome(fixed)).toMatchObject({ verdict: 'deployed', updated: 1 });
  expect(Date.now() - pushedMs).toBeLessThan(15_000);
  expect(await finalStatus(fixed)).toEqual(['success', expect.stringMatching(/^1 updated, ready in /)]);
  expect(statuses(bad).at(-1)).toEqual(['failure', text]);
});

it('a commit that is overtaken before it is ready says by which one', async () => {
  await aHouse();
  await house.start();
  const first = await house.push({ 'apps/web.json': deployment('web', NOWHERE) });
  await house.outcome(first);
  const second = await house.push({ 'apps/web.json': deployment('web') });
  await line(second, 'ready');
  expect(await finalStatus(first)).toEqual(['success', `applied; superseded by ${second.slice(0, 7)}`]);
  expect(house.log.filter((each) => each['revision'] === first && each.message === 'ready')).toEqual([]);
});

it('what is not ready in time fails the commit, and a push that does not touch it does not hide it', async () => {
  await aHouse({ wait: '2s' });
  await house.start();
  const first = await house.push({ 'apps/web.json': deployment('web', NOWHERE), 'apps/api.json': deployment('api') });
  expect(await finalStatus(first)).toEqual(['failure', '1 of 2 ready: web: 0 of 1 replicas available']);
  await line(first, 'not-ready');
  expect(await events()).toContain('NotReady');
  const other = await house.push({ 'apps/settings.yaml': configMap('settings') });
  expect(await finalStatus(other)).toEqual(['success', expect.stringMatching(/^1 created, ready in /)]);
  const [status] = JSON.parse((await house.headgate('status', '--output', 'json')).stdout) as { readiness: string }[];
  expect(status?.readiness).toBe('not-ready');
});

it('what recovers by itself is a success after all, also over a restart; each turn is said once', async () => {
  await aHouse();
  await house.start();
  const revision = await house.push({ 'apps/web.json': deployment('web', { image: 'no-such-image' }) });
  await line(revision, 'not-ready');
  await house.stop();
  await house.start();
  await house.kubectl('-n', house.namespace, 'set', 'image', 'deployment/web', 'app=ghcr.io/acme/web:3');
  await line(revision, 'ready');
  await house.host.settled();
  expect(statuses(revision).map(([state]) => state)).toEqual(['pending', 'failure', 'success']);
  expect((await events()).toSorted()).toEqual(['Deployed', 'NotReady', 'Ready']);
});

it('nothing is waited for with wait: 0s', async () => {
  await aHouse({ wait: '0s' });
  await house.start();
  const revision = await house.push({ 'apps/web.json': deployment('web', NOWHERE) });
  expect(await finalStatus(revision)).toEqual(['success', '1 created']);
  expect(await house.get('configmap', `headgate-${house.namespace}.ready`)).toBeNull();
});

it('a Job is ready when it is complete, also when it has deleted itself by then', async () => {
  await aHouse();
  await house.start();
  const spec = {
    ttlSecondsAfterFinished: 0,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'ghcr.io/acme/migrate:1' }] } },
  };
  const job = JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'migrate' }, spec });
  const revision = await house.push({ 'apps/job.json': job });
  expect(await finalStatus(revision)).toEqual(['success', expect.stringMatching(/^1 created, ready in /)]);
});

it('what is left alone is not waited for, and what cannot be read is named with the reason', async () => {
  await aHouse({ wait: '3s', serviceAccount: 'NAMESPACE/deployer' });
  await house.kubectl('-n', house.namespace, 'create', 'serviceaccount', 'deployer');
  const verbs = (resources: string, ...allowed: readonly string[]) => [
    '-n',
    house.namespace,
    'create',
    'role',
    resources.split('.')[0] ?? '',
    `--resource=${resources}`,
    ...allowed.map((verb) => `--verb=${verb}`),
  ];
  await house.kubectl(...verbs('configmaps', 'get', 'create', 'patch', 'delete'));
  await house.kubectl(...verbs('deployments.apps', 'create', 'patch'));
  for (const role of ['configmaps', 'deployments']) {
    await house.kubectl(
      '-n',
      house.namespace,
      'create',
      'rolebinding',
      role,
      `--role=${role}`,
      `--serviceaccount=${house.namespace}:deployer`,
    );
  }
  await house.start();
  const ignored = JSON.parse(deployment('other', NOWHERE)) as { metadata: object };
  const revision = await house.push({
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

it('headgate deploy waits, and is well only when everything is ready', async () => {
  await aHouse();
  const { namespace } = house;
  const good = await house.push({ 'apps/web.json': deployment('web') });
  const well = await house.headgate('deploy', namespace);
  expect([well.code, well.stdout]).toEqual([0, `${namespace}: deployed at ${good.slice(0, 12)} (1 created, ready)\n`]);
  const bad = await house.push({ 'apps/web.json': deployment('web', { image: 'no-such-image' }) });
  const stuck = await house.headgate('deploy', namespace);
  expect(stuck.code).toBe(1);
  expect(stuck.stdout).toBe(
    `${namespace}: deployed at ${bad.slice(0, 12)} (1 updated), not ready:\n  Deployment ${namespace}/web: ImagePullBackOff no-such-image: Back-off pulling image\n`,
  );
  expect(statuses(bad).at(-1)?.[0]).toBe('failure');
});
