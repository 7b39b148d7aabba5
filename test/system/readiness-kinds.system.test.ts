import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import { Testbed } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

async function finalStatus(revision: string): Promise<string> {
  return vi.waitFor(
    () => {
      const last = testbed.host.statusesOf(revision).at(-1);
      if (last === undefined || last.state === 'pending') throw new Error(`not final: ${JSON.stringify(last)}`);
      return `${last.state} ${last.description}`;
    },
    { timeout: 40_000, interval: 20 },
  );
}

const notReady = async (revision: string) => {
  const line = await testbed.logged((each) => each['revision'] === revision && each.message === 'not-ready');
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

it('StatefulSets, DaemonSets and Jobs become ready, and fail early when their new pods do', async () => {
  testbed = await Testbed.build();
  await testbed.start();
  const good = await testbed.push({ ...KINDS({}), 'apps/job.json': workload('batch/v1', 'Job', {}) });
  expect(await finalStatus(good)).toMatch(/^success 3 created, ready in/);
  const bad = await testbed.push({
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
      const record = await testbed.get('configmap', `headgate-${testbed.namespace}.ready`);
      expect(JSON.stringify(record)).toContain('not-ready');
    },
    { timeout: 10_000, interval: 50 },
  );
  const fixed = await testbed.push({ ...KINDS({ image: 'ghcr.io/acme/app:2' }), 'apps/other.json': null });
  expect(await finalStatus(fixed)).toMatch(/^success 2 updated, 1 pruned, ready in/);
});

it('a rollout past its own deadline fails before the target stops waiting', async () => {
  testbed = await Testbed.build();
  await testbed.start();
  const revision = await testbed.push({
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

it('a claim whose class waits for its first consumer is ready, and a claim without a provisioner is not', async () => {
  testbed = await Testbed.build({ target: { wait: '2s' } });
  const storageClass = `late-${testbed.namespace}`;
  await writeFile(
    join(testbed.directory, 'class.json'),
    JSON.stringify({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: storageClass },
      provisioner: 'example.com/none',
      volumeBindingMode: 'WaitForFirstConsumer',
    }),
  );
  await testbed.kubectl('create', '-f', join(testbed.directory, 'class.json'));
  try {
    await testbed.start();
    const claim = (name: string, storageClassName: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name },
        spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      });
    const late = await testbed.push({ 'apps/late.json': claim('late', storageClass) });
    expect(await finalStatus(late)).toMatch(/^success 1 created, ready in/);
    const never = await testbed.push({ 'apps/never.json': claim('never', 'no-such-class') });
    expect(await finalStatus(never)).toBe('failure 0 of 1 ready: never: it is pending');
  } finally {
    await testbed.kubectl('delete', 'storageclass', storageClass);
  }
});

/** A kind of this testbed's own. */
function widgets() {
  const group = `${testbed.namespace}.example.com`;
  const manifest = widgetDefinition(group, [{ name: 'v1', subresources: { status: {} } }]);
  return { group, manifest, name: `widgets.${group}` };
}

it('a custom resource is ready once its controller has observed the change and reports it', async () => {
  testbed = await Testbed.build({ target: { clusterScoped: true } });
  await testbed.start();
  const { group, manifest: definition, name } = widgets();
  const widget = (size: number) =>
    JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec: { size } });
  const tell = (status: object) =>
    testbed.kubectl(
      '-n',
      testbed.namespace,
      'patch',
      `widgets.${group}`,
      'w',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    );
  try {
    const first = await testbed.push({ 'apps/crd.json': definition, 'apps/w.json': widget(1) });
    expect(await finalStatus(first)).toMatch(/^success 2 created, ready in/);
    await tell({ observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True' }] });
    const second = await testbed.push({ 'apps/w.json': widget(2) });
    await testbed.logged(
      (each) => each.message === 'check' && JSON.stringify(each).includes('has not observed the change yet'),
    );
    expect(testbed.host.statusesOf(second).at(-1)?.state).toBe('pending');
    await tell({ observedGeneration: 2 });
    expect(await finalStatus(second)).toMatch(/^success 1 updated, ready in/);
  } finally {
    await testbed.kubectl('delete', 'crd', name, '--wait=false');
  }
});

it('requests to an overloaded API server are retried, and its failure is reported once for all objects', async () => {
  const proxy = await startFaultProxy(inject('cluster'));
  const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
  await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
  try {
    testbed = await Testbed.build({ kubeconfig: join(directory, 'kubeconfig') });
    await testbed.start();
    let isOverloaded = true;
    proxy.fault = ({ method, path }) =>
      isOverloaded && method === 'GET' && /\/deployments\/(a|b)$/.test(path)
        ? { status: 429, headers: { 'retry-after': '1' } }
        : 'pass';
    const named = (name: string) =>
      workload('apps/v1', 'Deployment', {})
        .replace('"name":"deployment"', `"name":"${name}"`)
        .replaceAll('"app":"deployment"', `"app":"${name}"`);
    const revision = await testbed.push({ 'apps/a.json': named('a'), 'apps/b.json': named('b') });
    const line = await testbed.logged((each) => each.message === 'not-checked');
    expect(line['errors']).toEqual([expect.objectContaining({ code: 'cluster-throttled' })]);
    isOverloaded = false;
    expect(await finalStatus(revision)).toMatch(/^success 2 created, ready in/);
    expect(testbed.log.filter((each) => each.message === 'not-checked')).toHaveLength(1);
  } finally {
    await testbed.stop();
    await proxy.close();
    await rm(directory, { recursive: true });
  }
});

it('a check of more objects than a message can name reads them from the inventory', async () => {
  testbed = await Testbed.build({ target: { clusterScoped: true } });
  await testbed.start();
  const { group, manifest, name } = widgets();
  try {
    const first = await testbed.push({ 'apps/crd.json': manifest });
    expect(await finalStatus(first)).toMatch(/^success 1 created, ready in/);
    const widget = (n: number) =>
      JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: `w${n}` }, spec: {} });
    const many = Array.from({ length: 501 }, (_, n) => widget(n)).join('\n---\n');
    const revision = await testbed.push({ 'apps/widgets.yaml': many });
    expect(await finalStatus(revision)).toMatch(/^success 501 created, ready in/);
    const checks = testbed.log.filter(({ message, total }) => message === 'check' && total === 501);
    expect(checks.at(-1)).toMatchObject({ ready: 501, notReady: [] });
  } finally {
    await testbed.kubectl('delete', 'crd', name, '--wait=false');
  }
});
