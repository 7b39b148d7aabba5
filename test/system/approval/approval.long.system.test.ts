import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { sweep } from '../../../src/deploy/sweep.ts';
import { startFaultProxy } from '../../rig/cluster/fault-proxy.ts';
import type { FaultProxy } from '../../rig/cluster/fault-proxy.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';
import type { TestbedOptions } from '../../rig/testbed/testbed.ts';

let testbed: Testbed;
let proxy: FaultProxy | null = null;
let directory: string | null = null;

afterEach(async () => {
  await testbed.tearDown();
  await proxy?.close();
  if (directory !== null) await rm(directory, { recursive: true });
  proxy = null;
  directory = null;
});

const APPROVED = { approval: 'plan', wait: '0s' };

async function build(options: TestbedOptions = {}): Promise<void> {
  testbed = await Testbed.build({ target: APPROVED, pullRequests: {}, ...options });
  testbed.env['USER'] = 'jo';
  await testbed.start();
}

const WITHIN = { timeout: 30_000, interval: 50 };
const push = (values: Readonly<Record<string, string>>) =>
  testbed.push(
    Object.fromEntries(Object.entries(values).map(([name, v]) => [`apps/${name}.yaml`, configMap(name, { v })])),
  );

/** The hash that the commit shows, once it matches. */
async function pendingOn(revision: string, matching: RegExp): Promise<string> {
  return vi.waitFor(() => {
    const last = testbed.host.statusesOf(revision).at(-1);
    expect(`${last?.state} ${last?.description}`).toMatch(matching);
    return /approve ([0-9a-f]{7})$/.exec(last?.description ?? '')?.[1] ?? '';
  }, WITHIN);
}

const values = async () => {
  const maps = await testbed.configMaps();
  return Object.fromEntries(Object.entries(maps).flatMap(([name, data]) => ('v' in data ? [[name, data['v']]] : [])));
};
const deploy = (...args: readonly string[]) => testbed.headgate('deploy', testbed.namespace, ...args);
const approve = (hash: string) => deploy('--approve', hash);

async function shownHash(): Promise<string> {
  const { stdout } = await testbed.headgate('plan', testbed.namespace, '--output', 'json');
  return (JSON.parse(stdout) as { hash: string }).hash;
}

async function swept(): Promise<readonly string[]> {
  const runtime = testbed.runtime();
  try {
    return (await sweep(runtime, AbortSignal.timeout(30_000))).map(({ target }) => target);
  } finally {
    runtime.close();
  }
}

describe('a target whose plans are approved', () => {
  it('writes nothing until its plan is approved by the hash that plan, status and log show', async () => {
    await build();
    const first = await push({ a: '1', b: '1' });
    const hash = await pendingOn(first, /^pending waits for approval: 2 creates: ConfigMap a, ConfigMap b; approve/);
    expect(await values()).toEqual({});
    const whole = await shownHash();
    expect(whole).toMatch(new RegExp(`^${hash}[0-9a-f]{25}$`));

    const without = await deploy();
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining(`waits for approval: 2 creates`)]);
    const longer = `${hash}${whole[7] === '0' ? '1' : '0'}`;
    for (const other of ['0000000', hash.slice(0, 6), longer, '']) {
      const refused = await approve(other);
      expect([other, refused.code]).toEqual([other, 1]);
    }
    expect(await values()).toEqual({});

    const approved = await approve(hash);
    expect([approved.code, approved.stdout]).toEqual([0, expect.stringContaining('2 created')]);
    expect(await values()).toEqual({ a: '1', b: '1' });
    expect(testbed.host.statusesOf(first).at(-1)).toMatchObject({ state: 'success' });
    expect(await testbed.leaks()).toEqual([]);
  }, 120_000);

  it('deploys no plan but the approved one, when the branch or the cluster has changed since', async () => {
    await build();
    const first = await push({ a: '1' });
    expect((await approve(await pendingOn(first, /approve/))).code).toBe(0);

    const seen = await pendingOn(await push({ a: '2' }), /1 update: ConfigMap a; approve/);
    const second = await push({ b: '2' });
    await pendingOn(second, /1 create, 1 update: ConfigMap a, ConfigMap b; approve/);
    const changedBranch = await approve(seen);
    expect([changedBranch.code, changedBranch.stderr]).toEqual([
      1,
      expect.stringMatching(/the plan is not the one that was approved: 1 create, 1 update: .*approve [0-9a-f]{7}/),
    ]);

    const whole = (await shownHash()).slice(0, 7);
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', 'a');
    const changedCluster = await approve(whole);
    expect([changedCluster.code, changedCluster.stderr]).toEqual([1, expect.stringContaining('2 creates')]);
    expect(await values()).toEqual({});
  }, 120_000);

  it('does not take the hash of an earlier commit, of other settings or of another target again', async () => {
    await build({ targets: [APPROVED, { ...APPROVED, name: 'NAMESPACE-b', path: 'apps', namespaces: ['NAMESPACE'] }] });
    const first = await push({ a: '1' });
    const one = await shownHash();
    const { stdout } = await testbed.headgate('plan', `${testbed.namespace}-b`, '--output', 'json');
    const other = (JSON.parse(stdout) as { hash: string }).hash;
    expect(other).not.toBe(one);
    expect((await approve(other)).code).toBe(1);
    expect((await approve(one)).code).toBe(0);
    expect(first).toMatch(/^[0-9a-f]{40}$/);

    const update = await push({ a: '2' });
    const ofUpdate = await shownHash();
    expect((await approve(ofUpdate)).code).toBe(0);
    await push({ a: '1' });
    expect((await approve(await shownHash())).code).toBe(0);
    // The same change as before, after another commit.
    await push({ a: '2' });
    expect((await approve(ofUpdate)).code).toBe(1);
    expect(update).toMatch(/^[0-9a-f]{40}$/);
    expect(await values()).toEqual({ a: '1' });
  }, 180_000);

  it('is planned again by a push or a person, and not by each sweep', async () => {
    await build();
    await pendingOn(await push({ a: '1' }), /approve/);
    const before = testbed.log.filter(({ message }) => message === 'plan').length;
    await swept();
    await swept();
    expect(testbed.log.filter(({ message }) => message === 'plan').length).toBe(before);
    expect(await values()).toEqual({});
  }, 120_000);

  it('cannot be approved by holding it at a commit, and is rolled back and corrected without approval', async () => {
    await build();
    const first = await push({ a: '1' });
    expect((await approve(await pendingOn(first, /approve/))).code).toBe(0);
    const second = await push({ a: '2' });
    expect((await approve(await pendingOn(second, /approve/))).code).toBe(0);
    const third = await push({ a: '3' });
    await pendingOn(third, /approve/);

    await testbed.headgate('hold', testbed.namespace, '--reason', 'sneak it in', '--at', third);
    await swept();
    expect(await values()).toEqual({ a: '2' });
    await testbed.headgate('release', testbed.namespace);
    expect(await values()).toEqual({ a: '2' });

    const back = await testbed.headgate('rollback', testbed.namespace, '--to', first);
    expect([back.code, await values()]).toEqual([0, { a: '1' }]);
  }, 180_000);

  it('is carried on after its run was killed, and not beyond what was approved', async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-approval-'));
    proxy = await startFaultProxy(inject('cluster'));
    await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
    await build({ kubeconfig: join(directory, 'kubeconfig') });
    const revision = await push({ a: '1', b: '1', c: '1' });
    const hash = await pendingOn(revision, /3 creates/);
    proxy.fault = ({ method, path }) =>
      method === 'PATCH' && path.includes('/configmaps/b') && !path.includes('dryRun') ? { status: 503 } : 'pass';
    expect((await approve(hash)).code).toBe(1);
    expect(Object.keys(await values())).not.toContain('b');
    proxy.fault = () => 'pass';
    // The run that was killed has the lease for a minute.
    const again = async () => expect((await deploy()).code).toBe(0);
    await vi.waitFor(again, { timeout: 100_000, interval: 2_000 });
    expect(await values()).toEqual({ a: '1', b: '1', c: '1' });
    await pendingOn(await push({ a: '2' }), /1 update: ConfigMap a; approve/);
  }, 180_000);
});
