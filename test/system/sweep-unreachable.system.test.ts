import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepDrift } from '../../src/deploy/drift/detect-drift.ts';
import { runRequests } from '../../src/deploy/requests/run-requests.ts';
import { sweep } from '../../src/deploy/sweep.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

/** An address that swallows every packet, with twelve targets. */
const TARGETS = 12;
const sockets: Socket[] = [];
const swallowing = createServer((socket) => {
  sockets.push(socket);
  socket.on('error', () => undefined);
});

let directory: string;
let testbed: Testbed;
beforeAll(async () => {
  await new Promise<void>((resolve) => swallowing.listen(0, '127.0.0.1', () => resolve()));
  const { port } = swallowing.address() as AddressInfo;
  directory = await mkdtemp(join(tmpdir(), 'headgate-swallowing-'));
  const path = join(directory, 'kubeconfig');
  const kubeconfig = {
    clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token: 'planted-cluster-token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(path, JSON.stringify(kubeconfig));
  const names = Array.from({ length: TARGETS }, (_none, index) => `gone-${index}`);
  const gone = names.map((name) => ({ name, path: name, cluster: 'gone', namespace: name }));
  const more = { clusters: { gone: { kubeconfig: { path } } }, repositories: {} };
  testbed = await Testbed.build({ more, targets: [{}, ...gone] });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  swallowing.close();
  await testbed.tearDown();
  await rm(directory, { recursive: true });
});

describe('a cluster that cannot be reached', () => {
  it('costs a sweep one failed connection, whatever its targets, and holds up no other cluster', async () => {
    const signal = AbortSignal.timeout(120_000);
    const runtime = testbed.runtime();
    await testbed.push({ 'apps/a.yaml': configMap('a', { level: '1' }) });
    const requests = await sweep(runtime, signal);
    expect(requests.map(({ target }) => target)).toEqual([testbed.namespace]);
    expect(await runRequests(requests, runtime, signal)).toMatchObject({ report: { verdict: 'deployed' } });
    const patch = JSON.stringify({ data: { level: '9' } });
    await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', 'a', '--type=merge', '-p', patch);

    sockets.length = 0;
    testbed.log.length = 0;
    const beganMs = performance.now();
    const sentMs: number[] = [];
    const drifted = await sweepDrift(runtime, signal, async () => void sentMs.push(performance.now() - beganMs));
    const tookMs = performance.now() - beganMs;
    runtime.close();
    expect(sockets).toHaveLength(1);
    expect(drifted.map(({ target }) => target)).toEqual([testbed.namespace]);
    expect(sentMs).toHaveLength(1);
    expect(sentMs[0]).toBeLessThan(tookMs - 1_000);
    expect(tookMs).toBeLessThan(8_000);
    expect(testbed.log.filter(({ level }) => level !== 'debug')).toMatchObject([
      { message: 'sweep-failed', target: 'gone-0', errors: [{ message: expect.stringContaining('within 3 s') }] },
      { message: 'sweep-skipped', cluster: 'gone', targets: expect.arrayContaining(['gone-11']) },
    ]);
  });
});
