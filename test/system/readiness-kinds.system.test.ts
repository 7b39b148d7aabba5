import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import { House } from '../rig/house/house.ts';
import { widgetDefinition } from '../rig/house/widgets.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

async function finalStatus(revision: string): Promise<string> {
  return vi.waitFor(
    () => {
      const last = house.host.statusesOf(revision).at(-1);
      if (last === undefined || last.state === 'pending') throw new Error(`not final: ${JSON.stringify(last)}`);
      return `${last.state} ${last.description}`;
    },
    { timeout: 40_000, interval: 20 },
  );
}

const notReady = async (revision: string) => {
  const line = await house.logged((each) => each['revision'] === revision && each.message === 'not-ready');
  return (line['notReady'] as { kind: string; reason: string }[]).map(({ kind, reason }) => `${kind} ${reason}`);
};

interface Pods {
  readonly image?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

function workload(apiVersion: string, kind: string, more: object, pods: Pods = {}): string {
  const { image = 'ghcr.io/acme/app:1', nodeSelector = {} } = pods;
  const labels = { app: kind.toLowerCase() };
  const restartPolicy = kind === 'Job' ? { restartPolicy: 'Never' } : {};
  const template = {
    metadata: { labels },
    spec: { ...restartPolicy, nodeSelector, containers: [{ name: 'app', image }] },
  };
  const selector = kind === 'Job' ? {} : { selector: { matchLabels: labels } };
  const spec = { ...selector, template, ...more };
  return JSON.stringify({ apiVersion, kind, metadata: { name: kind.toLowerCase() }, spec });
}

// In order, its controller would wait for a broken pod before it replaces it (Kubernetes: forced rollback).
const KINDS = (pods: Pods) => ({
  'apps/set.json': workload('apps/v1', 'StatefulSet', { serviceName: 'none', podManagementPolicy: 'Parallel' }, pods),
  'apps/daemon.json': workload('apps/v1', 'DaemonSet', {}, pods),
});

it('StatefulSets, DaemonSets and Jobs become ready, and fail early by the words of their new pods', async () => {
  house = await House.build();
  await house.start();
  const good = await house.push({ ...KINDS({}), 'apps/job.json': workload('batch/v1', 'Job', {}) });
  expect(await finalStatus(good)).toMatch(/^success 3 created, ready in/);
  const bad = await house.push({
    ...KINDS({ image: 'no-such-image' }),
    'apps/job.json': null,
    'apps/other.json': workload('batch/v1', 'Job', {}, { image: 'no-such-image' }).replace(
      '"name":"job"',
      '"name":"other"',
    ),
  });
  expect(await finalStatus(bad)).toMatch(/^failure 0 of 3 ready: /);
  await vi.waitFor(
    async () => {
      const record = await house.get('configmap', `headgate-${house.namespace}.ready`);
      expect(JSON.stringify(record)).toContain('not-ready');
    },
    { timeout: 10_000, interval: 50 },
  );
  const fixed = await house.push({ ...KINDS({ image: 'ghcr.io/acme/app:2' }), 'apps/other.json': null });
  expect(await finalStatus(fixed)).toMatch(/^success 2 updated, 1 pruned, ready in/);
});

it('a rollout past its own deadline has failed, before the target stops waiting', async () => {
  house = await House.build();
  await house.start();
  const revision = await house.push({
    'apps/web.json': workload(
      'apps/v1',
      'Deployment',
      { progressDeadlineSeconds: 1 },
      { nodeSelector: { nowhere: 'true' } },
    ),
  });
  expect(await finalStatus(revision)).toMatch(/^failure 0 of 1 ready: deployment: ProgressDeadlineExceeded: /);
  expect(await notReady(revision)).toEqual([expect.stringMatching(/^Deployment ProgressDeadlineExceeded/)]);
});

it('a claim whose class waits for its first consumer is ready, and a claim that nothing serves is not', async () => {
  house = await House.build({ target: { wait: '2s' } });
  const storageClass = `late-${house.namespace}`;
  await writeFile(
    join(house.directory, 'class.json'),
    JSON.stringify({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: storageClass },
      provisioner: 'example.com/none',
      volumeBindingMode: 'WaitForFirstConsumer',
    }),
  );
  await house.kubectl('create', '-f', join(house.directory, 'class.json'));
  try {
    await house.start();
    const claim = (name: string, storageClassName: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name },
        spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      });
    const late = await house.push({ 'apps/late.json': claim('late', storageClass) });
    expect(await finalStatus(late)).toMatch(/^success 1 created, ready in/);
    const never = await house.push({ 'apps/never.json': claim('never', 'no-such-class') });
    expect(await finalStatus(never)).toBe('failure 0 of 1 ready: never: it is pending');
  } finally {
    await house.kubectl('delete', 'storageclass', storageClass);
  }
});

/** A kind of this house's own. */
function widgets() {
  const group = `${house.namespace}.example.com`;
  const manifest = widgetDefinition(group, [{ name: 'v1', subresources: { status: {} } }]);
  return { group, manifest, name: `widgets.${group}` };
}

it('a custom resource is ready once its controller has seen the change and says so', async () => {
  house = await House.build({ target: { clusterScoped: true } });
  await house.start();
  const { group, manifest: definition, name } = widgets();
  const widget = (size: number) =>
    JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec: { size } });
  const tell = (status: object) =>
    house.kubectl(
      '-n',
      house.namespace,
      'patch',
      `widgets.${group}`,
      'w',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    );
  try {
    const first = await house.push({ 'apps/crd.json': definition, 'apps/w.json': widget(1) });
    expect(await finalStatus(first)).toMatch(/^success 2 created, ready in/);
    await tell({ observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True' }] });
    const second = await house.push({ 'apps/w.json': widget(2) });
    await house.logged(
      (each) => each.message === 'check' && JSON.stringify(each).includes('has not observed the change yet'),
    );
    expect(house.host.statusesOf(second).at(-1)?.state).toBe('pending');
    await tell({ observedGeneration: 2 });
    expect(await finalStatus(second)).toMatch(/^success 1 updated, ready in/);
  } finally {
    await house.kubectl('delete', 'crd', name, '--wait=false');
  }
});

it('an API server that is overloaded is asked again, and heard of once for all objects', async () => {
  const proxy = await startFaultProxy(inject('cluster'));
  const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
  await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
  try {
    house = await House.build({ kubeconfig: join(directory, 'kubeconfig') });
    await house.start();
    let isOverloaded = true;
    proxy.fault = ({ method, path }) =>
      isOverloaded && method === 'GET' && /\/deployments\/(a|b)$/.test(path)
        ? { status: 429, headers: { 'retry-after': '1' } }
        : 'pass';
    const named = (name: string) =>
      workload('apps/v1', 'Deployment', {})
        .replace('"name":"deployment"', `"name":"${name}"`)
        .replaceAll('"app":"deployment"', `"app":"${name}"`);
    const revision = await house.push({ 'apps/a.json': named('a'), 'apps/b.json': named('b') });
    const line = await house.logged((each) => each.message === 'not-checked');
    expect(line['errors']).toEqual([expect.objectContaining({ code: 'cluster-throttled' })]);
    isOverloaded = false;
    expect(await finalStatus(revision)).toMatch(/^success 2 created, ready in/);
    expect(house.log.filter((each) => each.message === 'not-checked')).toHaveLength(1);
  } finally {
    await house.stop();
    await proxy.close();
    await rm(directory, { recursive: true });
  }
});

it('more objects than a message names are asked of the inventory', async () => {
  house = await House.build({ target: { clusterScoped: true } });
  await house.start();
  const { group, manifest, name } = widgets();
  try {
    const first = await house.push({ 'apps/crd.json': manifest });
    expect(await finalStatus(first)).toMatch(/^success 1 created, ready in/);
    const widget = (n: number) =>
      JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: `w${n}` }, spec: {} });
    const many = Array.from({ length: 501 }, (_, n) => widget(n)).join('\n---\n');
    const revision = await house.push({ 'apps/widgets.yaml': many });
    expect(await finalStatus(revision)).toMatch(/^success 501 created, ready in/);
    const checks = house.log.filter(({ message, total }) => message === 'check' && total === 501);
    expect(checks.at(-1)).toMatchObject({ ready: 501, notReady: [] });
  } finally {
    await house.kubectl('delete', 'crd', name, '--wait=false');
  }
});
