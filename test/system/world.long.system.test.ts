import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { runRequests } from '../../src/deploy/requests/run-requests.ts';
import type { Runtime } from '../../src/deploy/ports/runtime.ts';
import { sweep } from '../../src/deploy/sweep.ts';
import { startControlPlane } from '../rig/cluster/control-plane.ts';
import type { ControlPlane } from '../rig/cluster/control-plane.ts';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import type { Fault, FaultProxy } from '../rig/cluster/fault-proxy.ts';
import { getParts } from '../rig/cluster/parts.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const three = (value: string) => ({
  'apps/a.yaml': configMap('a', { value }),
  'apps/b.yaml': configMap('b', { value }),
  'apps/c.yaml': configMap('c', { value }),
});
const CLUSTER = (value: string) => ({ a: { value }, b: { value }, c: { value } });

describe('a connection to the API server that fails', () => {
  let proxy: FaultProxy;
  let testbed: Testbed;
  let directory: string;

  beforeEach(async () => {
    proxy = await startFaultProxy(inject('cluster'));
    directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
    testbed = await Testbed.build({ kubeconfig: join(directory, 'kubeconfig') });
    await testbed.start();
    await testbed.outcome(await testbed.push(three('1')), 'deployed');
  });

  afterEach(async () => {
    proxy.fault = () => 'pass';
    await testbed.tearDown();
    await proxy.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Happens once to each request that it is meant for. */
  function once(fault: Fault, isMeant: (path: string, method: string) => boolean): void {
    const seen = new Set<string>();
    proxy.fault = ({ path, method }) => {
      const key = `${method} ${path}`;
      if (!isMeant(path, method) || seen.has(key)) return 'pass';
      seen.add(key);
      return fault;
    };
  }

  const isApply = (path: string) => /configmaps\/[abc]\?fieldManager/.test(path);
  const isDryRun = (path: string) => path.includes('dryRun=All');
  const isState = (path: string, method: string) => path.includes('configmaps/headgate-') && method === 'PATCH';

  it.each<readonly [string, Fault, (path: string, method: string) => boolean]>([
    ['is cut after an apply and before its answer', 'cut-after', isApply],
    ['is cut before an apply', 'cut-before', isApply],
    ['is cut before a dry run', 'cut-before', isDryRun],
    ['is cut after the state was written and before the answer', 'cut-after', isState],
    ['is cut before the state is written', 'cut-before', isState],
    ['answers 429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }, isApply],
    ['answers 503 to a dry run', { status: 503 }, isDryRun],
    ['answers 500 to an apply', { status: 500 }, isApply],
    ['answers 401', { status: 401 }, isDryRun],
    ['answers 409 to a write of the state', { status: 409 }, isState],
    ['answers an apply with an empty object', { status: 200, body: '{}' }, isApply],
    ['answers a dry run with an empty object', { status: 200, body: '{}' }, isDryRun],
    ['answers a write of the state with an empty object', { status: 200, body: '{}' }, isState],
    ['answers an apply with a web page', { status: 200, body: '<html></html>' }, isApply],
    ['answers a dry run with a redirect', { status: 307 }, isDryRun],
    ['answers a dry run with half an object', { status: 200, body: '{"metadata":{"name":"a",' }, isDryRun],
  ])('is retried without losing an object: a connection that %s', async (_what, fault, isMeant) => {
    once(fault, isMeant);
    const revision = await testbed.push(three('2'));
    await testbed.converged(revision);
    expect(await testbed.configMaps()).toEqual(CLUSTER('2'));
    const removed = await testbed.push({ 'apps/a.yaml': null });
    await testbed.converged(removed);
    expect(Object.keys(await testbed.configMaps())).toEqual(['b', 'c']);
  });
});

describe('a namespace that is being deleted', () => {
  it('is created again by the next attempt', async () => {
    const proxy = await startFaultProxy(inject('cluster'));
    const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, proxy.kubeconfig);
    const testbed = await Testbed.build({ kubeconfig, namespaceExists: false, target: { createNamespace: true } });
    try {
      let times = 0;
      proxy.fault = ({ path, method }) =>
        method === 'POST' && path.startsWith('/api/v1/namespaces?') && (times += 1) === 1 ? { status: 409 } : 'pass';
      await testbed.start();
      const revision = await testbed.push(three('1'));
      expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'failed', errors: [{ code: 'object-busy' }] });
      await testbed.outcome(revision, 'deployed');
      expect(await testbed.configMaps()).toEqual(CLUSTER('1'));
    } finally {
      await testbed.tearDown();
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a Git host that fails', () => {
  let testbed: Testbed;

  beforeEach(async () => {
    testbed = await Testbed.build();
    await testbed.start();
  });

  afterEach(async () => {
    await testbed.tearDown();
  });

  it.each([
    ['is overloaded', 503],
    ['cuts the connection', 0],
  ])('is retried: a Git host that %s', async (_what, status) => {
    await testbed.write(three('1'));
    await testbed.git('add', '-A');
    await testbed.git('commit', '-q', '-m', 'x');
    testbed.afterPush = () => {
      testbed.host.faults = { git: { status, times: 5 } };
    };
    const revision = await testbed.commitAndPush();
    await testbed.converged(revision);
    expect(await testbed.configMaps()).toEqual(CLUSTER('1'));
  });

  it('does not fail the deploy when it rejects the commit status, and gets the status later', async () => {
    testbed.host.faults = { api: { status: 502, times: 2 } };
    const revision = await testbed.push(three('1'));
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed' });
    expect(testbed.host.statusesOf(revision).at(-1)).toMatchObject({ state: 'success' });
  });
});

describe('a commit that is superseded before it was applied', () => {
  it('gets a final status', async () => {
    const proxy = await startFaultProxy(inject('cluster'));
    const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
    const testbed = await Testbed.build({ kubeconfig: join(directory, 'kubeconfig') });
    try {
      await testbed.start();
      await testbed.outcome(await testbed.push(three('1')), 'deployed');
      proxy.fault = ({ path, method }) =>
        method === 'PATCH' && /configmaps\/[abc]\?fieldManager/.test(path) ? { status: 503 } : 'pass';
      const overtaken = await testbed.push(three('2'));
      await testbed.logged((line) => line['revision'] === overtaken && line['verdict'] === 'failed');
      proxy.fault = () => 'pass';
      await testbed.git('revert', '--no-edit', 'HEAD');
      const revision = await testbed.commitAndPush();
      await testbed.converged(revision);
      await testbed.until(() => testbed.host.statusesOf(overtaken).at(-1)?.state === 'error');
      const statuses = testbed.host.statusesOf(overtaken).map(({ state, description }) => [state, description]);
      // A slow machine may try it a second time before the revert arrives.
      expect(statuses.filter(([, text]) => text?.startsWith('retrying') !== true)).toEqual([
        ['pending', 'applying'],
        ['error', `superseded by ${revision.slice(0, 7)}`],
      ]);
      expect(await testbed.configMaps()).toEqual(CLUSTER('1'));
    } finally {
      await testbed.tearDown();
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a run that ends with an error', () => {
  let proxy: FaultProxy;
  let testbed: Testbed;
  let directory: string;

  beforeEach(async () => {
    proxy = await startFaultProxy(inject('cluster'));
    directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
    testbed = await Testbed.build({ kubeconfig: join(directory, 'kubeconfig') });
    await testbed.start();
  });

  afterEach(async () => {
    proxy.fault = () => 'pass';
    await testbed.tearDown();
    await proxy.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('leaves the commit failed although the Git host took its pending status late', async () => {
    await testbed.outcome(await testbed.push(three('1')), 'deployed');
    await testbed.until(() => testbed.host.statuses.some(({ state }) => state === 'success'));
    testbed.host.faults = { api: { status: 502, times: 1 } };
    const forbidden = JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'not now' });
    let writes = 0;
    // The first one takes the lease, and the commit is reported then.
    proxy.fault = ({ path, method }) =>
      method === 'PATCH' && path.includes('configmaps/headgate-') && (writes += 1) > 1
        ? { status: 403, body: forbidden }
        : 'pass';
    const revision = await testbed.push(three('2'));
    await testbed.outcome(revision, 'failed');
    await testbed.until(() => testbed.host.statusesOf(revision).length === 2);
    expect(testbed.host.statusesOf(revision).map(({ state }) => state)).toEqual(['pending', 'failure']);
  });

  it('records what only a person can fix, so that sweeps back off and headgate status shows it', async () => {
    const before = await testbed.push(three('1'));
    await testbed.outcome(before, 'deployed');
    await testbed.stop();
    // The pace of the dry runs is known after 64 of them.
    const many = Array.from({ length: 64 }, (_, index) => configMap(`m${index}`)).join('---\n');
    const revision = await testbed.push({ 'apps/many.yaml': many });
    const runtime = testbed.runtime();
    const { signal } = new AbortController();
    // As in a function that has a millisecond left.
    const bounded: Runtime = { ...runtime, open: (target, at) => runtime.open(target, at, 1) };
    const [request, ...more] = await sweep(runtime, signal);
    expect(more).toEqual([]);
    if (request === undefined) throw new Error('the sweep found no target');
    expect(await runRequests([request], bounded, signal)).toMatchObject({
      kind: 'done',
      report: { verdict: 'failed', revision, errors: [{ code: 'gate-too-long' }], isRecorded: true },
    });
    expect(await sweep(runtime, signal)).toEqual([]);
    const [shown] = JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout) as object[];
    expect(shown).toMatchObject({ verdict: 'failed', revision: before, attemptedRevision: revision });
    runtime.close();
  });

  it('records the failure to read Git that only a person can fix', async () => {
    const before = await testbed.push(three('1'));
    await testbed.outcome(before, 'deployed');
    testbed.host.faults = { lose: () => true };
    const bare = await testbed.host.createRepository('acme/fleet');
    await testbed.git('-C', bare, 'update-ref', '-d', 'refs/heads/main');
    await testbed.host.redeliver(testbed.host.deliveries.find(({ event }) => event === 'push')?.id ?? '');
    await testbed.logged(({ verdict }) => verdict === 'failed');
    const shown = async () =>
      (JSON.parse((await testbed.headgate('status', '--output', 'json')).stdout) as object[])[0];
    expect(await shown()).toMatchObject({ verdict: 'failed', revision: before });

    // The next sweep finds that nothing is left of it.
    await testbed.git('-C', bare, 'update-ref', 'refs/heads/main', before);
    expect(await testbed.headgate('sweep')).toMatchObject({ code: 0 });
    expect(await shown()).toMatchObject({ verdict: 'unchanged', revision: before });
    expect(await testbed.headgate('sweep')).toMatchObject({ code: 0 });
  });
});

describe('a missing kubeconfig (F5)', () => {
  it('is named in the error, and the push is deployed once the file exists', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-kubeconfig-'));
    const kubeconfig = join(directory, 'kubeconfig');
    const testbed = await Testbed.build({ kubeconfig });
    try {
      await testbed.start();
      const revision = await testbed.push(three('1'));
      const failed = await testbed.logged(({ verdict }) => verdict === 'failed');
      expect(failed).toMatchObject({ errors: [{ code: 'config-invalid', subject: kubeconfig }] });
      await copyFile(testbed.cluster.kubeconfig, kubeconfig);
      await testbed.converged(revision);
      expect(await testbed.configMaps()).toEqual(CLUSTER('1'));
    } finally {
      await testbed.tearDown();
      await rm(directory, { recursive: true });
    }
  });
});

describe('servers that restart', () => {
  let plane: ControlPlane;
  let directory: string;
  let testbed: Testbed;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-plane-'));
    plane = await startControlPlane({ parts: await getParts(), directory, controllers: false });
    testbed = await Testbed.build({ cluster: plane.address });
    await testbed.start();
  });

  afterAll(async () => {
    await testbed.tearDown();
    await plane.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('resumes a deploy when the API server is back', async () => {
    await plane.stopApiServer('SIGKILL');
    const revision = await testbed.push(three('1'));
    await testbed.logged(
      (line) => line['verdict'] === 'failed' && JSON.stringify(line).includes('cluster-unreachable'),
    );
    await plane.startApiServer();
    await testbed.converged(revision);
    expect(await testbed.configMaps()).toEqual(CLUSTER('1'));
  });

  it('keeps the queue when Headgate itself restarts', async () => {
    await plane.stopApiServer('SIGKILL');
    const revision = await testbed.push(three('2'));
    await testbed.logged((line) => line['verdict'] === 'failed' && line['revision'] === revision);
    await testbed.stop();
    await plane.startApiServer();
    await testbed.start();
    await testbed.converged(revision);
    expect(await testbed.configMaps()).toEqual(CLUSTER('2'));
  });
});
