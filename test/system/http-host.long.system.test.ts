import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { exitCodeOf } from '../rig/chaos/child.ts';
import { startFaultProxy } from '../rig/cluster/fault-proxy.ts';
import type { GatewayOptions } from '../rig/http/gateway.ts';
import { HttpTestbed, KEY } from '../rig/testbed/http-testbed.ts';
import { configMap } from '../rig/testbed/testbed.ts';
import type { TestbedOptions } from '../rig/testbed/testbed.ts';

const CHILD = join(import.meta.dirname, '..', 'rig', 'http', 'host-child.ts');
const BATCH = `apiVersion: batch/v1
kind: Job
metadata: { name: work }
spec:
  template:
    spec: { restartPolicy: Never, containers: [{ name: work, image: busybox }] }
`;

const WITHIN = { timeout: 30_000, interval: 50 };

describe('the HTTP host', () => {
  let http: HttpTestbed;
  afterEach(() => http.tearDown());

  async function build(options: TestbedOptions = {}, queue: GatewayOptions = {}): Promise<void> {
    http = await HttpTestbed.build(options, queue);
  }

  const post = (path: string, body: string, key = KEY) =>
    fetch(`${http.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body });

  it('deploys a push and reports its readiness through HTTP alone, with a kubeconfig from a secret', async () => {
    await build();
    const { testbed, gateway } = http;
    const child = await http.start();
    const revision = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 1 });
    expect(await testbed.configMaps()).toEqual({ web: { colour: 'blue' } });
    await testbed.host.settled();
    const states = () => testbed.host.statusesOf(revision).map(({ state, description }) => [state, description]);
    await vi.waitFor(
      () => expect(states().at(-1)).toEqual(['success', expect.stringMatching(/^1 created, ready in /)]),
      WITHIN,
    );
    const headers = { 'ce-type': 'dev.headgate.deploy', 'ce-partitionkey': testbed.namespace };
    // The commit has its status before the message has its answer.
    await vi.waitFor(
      () => expect(gateway.of('deploy')).toMatchObject([{ headers, settled: [{ status: 200 }] }]),
      WITHIN,
    );

    // A sweep finds what no webhook announced, and queues it the same way.
    testbed.host.faults = { lose: () => true };
    const lost = await testbed.push({ 'apps/api.yaml': configMap('api') });
    await testbed.host.settled();
    const swept = await post('/sweep', '{"drift":false}');
    expect([swept.status, await swept.json()]).toEqual([200, { queued: [testbed.namespace] }]);
    expect(await testbed.outcome(lost)).toMatchObject({ verdict: 'deployed', delivery: 'sweep' });
    expect(await (await post('/sweep', '')).json()).toEqual({ queued: [] });
    for (const path of ['/tasks/deploy', '/tasks/check', '/sweep']) {
      expect([path, (await post(path, '{}', 'wrong')).status]).toEqual([path, 401]);
    }

    testbed.host.faults = {};
    gateway.isDown = true;
    await testbed.push({ 'apps/api.yaml': configMap('api', { a: '1' }) });
    await testbed.host.settled();
    expect(testbed.host.deliveries.at(-1)).toMatchObject({ status: 503 });
    expect(await http.kill(child, 'SIGTERM')).toBe(0);
    expect(JSON.stringify(testbed.log)).not.toContain(KEY);
  });

  it('looks at a rollout once a message, also when the queue cannot delay one', async () => {
    await build({ target: { wait: '20s' } }, { delays: false });
    const { testbed, gateway } = http;
    await http.start();
    const revision = await testbed.push({ 'apps/job.yaml': BATCH });
    await testbed.outcome(revision, 'deployed');
    await testbed.logged((line) => line.message === 'ready' || line.message === 'not-ready', 60_000);
    const early = gateway.of('check').flatMap(({ settled }) => settled.filter(({ status }) => status === 503));
    expect(early.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true);
    expect(gateway.of('check').length).toBeLessThan(8);
    await vi.waitFor(
      () =>
        expect(gateway.messages.map(({ settled }) => settled.at(-1)?.status)).toEqual(gateway.messages.map(() => 200)),
      WITHIN,
    );
  });

  it('resumes what a killed host left, in another process', async () => {
    const proxy = await startFaultProxy(inject('cluster'));
    const directory = await mkdtemp(join(tmpdir(), 'headgate-proxy-'));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, proxy.kubeconfig);
    await build({ kubeconfig });
    const { testbed, gateway } = http;
    const child = await http.start(CHILD);
    // The object is written, and the process never sees the answer.
    proxy.fault = ({ path }) =>
      /configmaps\/c3\?fieldManager/.test(path) && !path.includes('dryRun')
        ? { onAnswered: () => void child.kill('SIGKILL') }
        : 'pass';
    const files = Object.fromEntries(['c1', 'c2', 'c3', 'c4'].map((name) => [`apps/${name}.yaml`, configMap(name)]));
    const revision = await testbed.push(files);
    await exitCodeOf(child);
    proxy.fault = () => 'pass';
    await http.start(CHILD);
    expect(await testbed.outcome(revision, 'deployed', 60_000)).toMatchObject({ verdict: 'deployed' });
    expect(Object.keys(await testbed.configMaps()).toSorted()).toEqual(['c1', 'c2', 'c3', 'c4']);
    const [message] = gateway.of('deploy');
    await vi.waitFor(() => expect(message?.settled.at(-1)?.status).toBe(200), WITHIN);
    expect(message?.settled[0]).toEqual({ status: 0, retryAfter: null });
    await proxy.close();
    await rm(directory, { recursive: true });
  }, 150_000);

  it('gives a request up after the last try that the queue reports, and says so on the commit', async () => {
    await build();
    const { testbed, gateway } = http;
    await http.start();
    const revision = await testbed.push({ 'apps/web.yaml': configMap('web') });
    await testbed.outcome(revision, 'deployed');
    await testbed.host.settled();
    testbed.host.faults = { git: { status: 503, times: 1000 } };
    const [message] = gateway.of('deploy');
    const pushed = (attempt: string) =>
      fetch(`${http.url}/tasks/deploy`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'headgate-attempt': attempt },
        body: message?.body ?? '',
      });
    const retried = await pushed('3');
    expect([retried.status, Number(retried.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
    expect((await pushed('20')).status).toBe(200);
    expect(testbed.host.statusesOf(revision).at(-1)).toMatchObject({ state: 'error' });
  });
});
