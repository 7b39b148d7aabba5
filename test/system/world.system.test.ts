import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startControlPlane } from '../rig/cluster/control-plane.ts';
import type { ControlPlane } from '../rig/cluster/control-plane.ts';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import type { Fault, FaultProxy } from '../rig/cluster/fault-proxy.ts';
import { getParts } from '../rig/cluster/parts.ts';
import { House, configMap } from '../rig/house/house.ts';

const three = (value: string) => ({
  'apps/a.yaml': configMap('a', { value }),
  'apps/b.yaml': configMap('b', { value }),
  'apps/c.yaml': configMap('c', { value }),
});
const CLUSTER = (value: string) => ({ a: { value }, b: { value }, c: { value } });

describe('a connection to the API server that fails', () => {
  let proxy: FaultProxy;
  let house: House;
  let directory: string;

  beforeEach(async () => {
    proxy = await startFaultProxy(inject('cluster'));
    directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
    house = await House.build({ kubeconfig: join(directory, 'kubeconfig') });
    await house.start();
    await house.outcome(await house.push(three('1')), 'deployed');
  });

  afterEach(async () => {
    proxy.fault = () => 'pass';
    await house.tearDown();
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
  ])('that %s is asked again, and nothing is lost', async (_what, fault, isMeant) => {
    once(fault, isMeant);
    const revision = await house.push(three('2'));
    await house.converged(revision);
    expect(await house.configMaps()).toEqual(CLUSTER('2'));
    const removed = await house.push({ 'apps/a.yaml': null });
    await house.converged(removed);
    expect(Object.keys(await house.configMaps())).toEqual(['b', 'c']);
  });
});

describe('a namespace that was said to be there and is not', () => {
  it('is made by the next try: it was on its way out', async () => {
    const proxy = await startFaultProxy(inject('cluster'));
    const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, proxy.kubeconfig);
    const house = await House.build({ kubeconfig, namespaceExists: false, target: { createNamespace: true } });
    try {
      let times = 0;
      proxy.fault = ({ path, method }) =>
        method === 'POST' && path.startsWith('/api/v1/namespaces?') && (times += 1) === 1 ? { status: 409 } : 'pass';
      await house.start();
      const revision = await house.push(three('1'));
      expect(await house.outcome(revision)).toMatchObject({ verdict: 'failed', errors: [{ code: 'object-busy' }] });
      await house.outcome(revision, 'deployed');
      expect(await house.configMaps()).toEqual(CLUSTER('1'));
    } finally {
      await house.tearDown();
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a Git host that fails', () => {
  let house: House;

  beforeEach(async () => {
    house = await House.build();
    await house.start();
  });

  afterEach(async () => {
    await house.tearDown();
  });

  it.each([
    ['is overloaded', 503],
    ['cuts the connection', 0],
  ])('and %s is asked again', async (_what, status) => {
    await house.write(three('1'));
    await house.git('add', '-A');
    await house.git('commit', '-q', '-m', 'x');
    house.afterPush = () => {
      house.host.faults = { git: { status, times: 5 } };
    };
    const revision = await house.commitAndPush();
    await house.converged(revision);
    expect(await house.configMaps()).toEqual(CLUSTER('1'));
  });

  it('does not fail a deploy when the commit status cannot be written, and writes it later', async () => {
    house.host.faults = { api: { status: 502, times: 2 } };
    const revision = await house.push(three('1'));
    expect(await house.outcome(revision)).toMatchObject({ verdict: 'deployed' });
    expect(house.host.statusesOf(revision).at(-1)).toMatchObject({ state: 'success' });
  });
});

describe('a commit that is overtaken before it was applied', () => {
  it('ends in a final state too', async () => {
    const proxy = await startFaultProxy(inject('cluster'));
    const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
    const house = await House.build({ kubeconfig: join(directory, 'kubeconfig') });
    try {
      await house.start();
      await house.outcome(await house.push(three('1')), 'deployed');
      proxy.fault = ({ path, method }) =>
        method === 'PATCH' && /configmaps\/[abc]\?fieldManager/.test(path) ? { status: 503 } : 'pass';
      const overtaken = await house.push(three('2'));
      await house.logged((line) => line['revision'] === overtaken && line['verdict'] === 'failed');
      proxy.fault = () => 'pass';
      await house.git('revert', '--no-edit', 'HEAD');
      const revision = await house.commitAndPush();
      await house.converged(revision);
      await house.until(() => house.host.statusesOf(overtaken).at(-1)?.state === 'error');
      expect(house.host.statusesOf(overtaken).map(({ state, description }) => [state, description])).toEqual([
        ['pending', 'applying'],
        ['error', `superseded by ${revision.slice(0, 7)}`],
      ]);
      expect(await house.configMaps()).toEqual(CLUSTER('1'));
    } finally {
      await house.tearDown();
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('a kubeconfig that is missing (§15 F5)', () => {
  it('is named, and the push goes on when it is there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-kubeconfig-'));
    const kubeconfig = join(directory, 'kubeconfig');
    const house = await House.build({ kubeconfig });
    try {
      await house.start();
      const revision = await house.push(three('1'));
      const failed = await house.logged(({ verdict }) => verdict === 'failed');
      expect(failed).toMatchObject({ errors: [{ code: 'config-invalid', subject: kubeconfig }] });
      await copyFile(house.cluster.kubeconfig, kubeconfig);
      await house.converged(revision);
      expect(await house.configMaps()).toEqual(CLUSTER('1'));
    } finally {
      await house.tearDown();
      await rm(directory, { recursive: true });
    }
  });
});

describe('servers that restart', () => {
  let plane: ControlPlane;
  let directory: string;
  let house: House;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-plane-'));
    plane = await startControlPlane({ parts: await getParts(), directory, controllers: false });
    house = await House.build({ cluster: plane.address });
    await house.start();
  });

  afterAll(async () => {
    await house.tearDown();
    await plane.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('goes on when the API server comes back', async () => {
    await plane.stopApiServer('SIGKILL');
    const revision = await house.push(three('1'));
    await house.logged((line) => line['verdict'] === 'failed' && JSON.stringify(line).includes('cluster-unreachable'));
    await plane.startApiServer();
    await house.converged(revision);
    expect(await house.configMaps()).toEqual(CLUSTER('1'));
  });

  it('keeps what was queued when Headgate itself restarts', async () => {
    await plane.stopApiServer('SIGKILL');
    const revision = await house.push(three('2'));
    await house.logged((line) => line['verdict'] === 'failed' && line['revision'] === revision);
    await house.stop();
    await plane.startApiServer();
    await house.start();
    await house.converged(revision);
    expect(await house.configMaps()).toEqual(CLUSTER('2'));
  });
});
