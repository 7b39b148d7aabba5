import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import type { Fault, FaultProxy } from '../rig/cluster/fault-proxy.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const GIVER = { name: 'NAMESPACE-a', path: 'a' };
const RECEIVER = { name: 'NAMESPACE-b', path: 'b' };

let proxy: FaultProxy;
let directory: string;
let testbed: Testbed;

beforeEach(async () => {
  proxy = await startFaultProxy(inject('cluster'));
  directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
  await writeFile(join(directory, 'kubeconfig'), proxy.kubeconfig);
});

afterEach(async () => {
  proxy.fault = () => 'pass';
  await testbed.tearDown();
  await proxy.close();
  await rm(directory, { recursive: true });
});

const build = (targets: readonly Record<string, unknown>[]) =>
  Testbed.build({ kubeconfig: join(directory, 'kubeconfig'), targets });

/** Happens to the first JSON patch of this object. `cut-after`: it is done, and its answer is lost. */
function once(name: string, fault: Fault): () => number {
  let times = 0;
  proxy.fault = ({ method, path }) => {
    if (times > 0 || method !== 'PATCH' || !path.endsWith(`/configmaps/${name}?fieldManager=headgate`)) return 'pass';
    times += 1;
    return fault;
  };
  return () => times;
}

const statusesOf = (target: string, revision: string) =>
  testbed.host
    .statusesOf(revision)
    .filter(({ context }) => context === `headgate/${target}`)
    .map(({ state }) => state);

describe('a patch whose answer is lost is not repeated blindly', () => {
  it('when it releases an object that another target defines now', async () => {
    testbed = await build([GIVER, RECEIVER]);
    await testbed.start();
    const first = await testbed.push({
      'a/x.yaml': configMap('x'),
      'a/rest.yaml': configMap('rest'),
      'b/own.yaml': configMap('own'),
    });
    for (const target of [`${testbed.namespace}-a`, `${testbed.namespace}-b`])
      await vi.waitFor(() => expect(statusesOf(target, first)).toContain('success'), 20_000);
    // The answer to a repeated patch: what it removes is no longer there.
    const answered = once('x', { status: 422 });
    const moved = await testbed.push({ 'a/x.yaml': null, 'b/x.yaml': configMap('x', { v: '2' }) });
    for (const target of [`${testbed.namespace}-a`, `${testbed.namespace}-b`]) {
      await vi.waitFor(() => expect(statusesOf(target, moved).at(-1)).toBe('success'), 30_000);
      expect(statusesOf(target, moved)).not.toContain('failure');
    }
    expect(answered()).toBe(1);
    expect(await testbed.configMaps()).toMatchObject({ x: { v: '2' } });
  });

  it('when an uninstall releases an object that stays in the cluster', async () => {
    testbed = await build([GIVER]);
    await testbed.push({ 'a/x.yaml': configMap('x') });
    const target = `${testbed.namespace}-a`;
    expect(await testbed.headgate('deploy', target)).toMatchObject({ code: 0 });
    const lost = once('x', 'cut-after');
    expect(await testbed.headgate('--yes', 'uninstall', target, '--keep')).toMatchObject({ code: 0 });
    expect(lost()).toBe(1);
    expect(Object.keys(await testbed.configMaps())).toEqual(['x']);
  });

  it('when it takes over the fields that kubectl apply wrote', async () => {
    testbed = await build([{ ...GIVER, adopt: true }]);
    await testbed.applyByHand(configMap('x', { v: '1', left: '1' }));
    await testbed.push({ 'a/x.yaml': configMap('x', { v: '2' }) });
    const lost = once('x', 'cut-after');
    const { code, stderr } = await testbed.headgate('deploy', `${testbed.namespace}-a`);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('cannot be taken over')]);
    expect(lost()).toBe(1);
    expect(await testbed.configMaps()).toEqual({ x: { v: '2' } });
  });
});
