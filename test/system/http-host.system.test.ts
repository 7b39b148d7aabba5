import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
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
    await vi.waitFor(() =>
      expect(states().at(-1)).toEqual(['success', expect.stringMatching(/^1 created, ready in /)]),
    );
    expect(gateway.of('deploy')).toMatchObject([
      {
        headers: { 'ce-type': 'dev.headgate.deploy', 'ce-partitionkey': testbed.namespace },
        settled: [{ status: 200 }],
      },
    ]);

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
    await vi.waitFor(() =>
      expect(gateway.messages.map(({ settled }) => settled.at(-1)?.status)).toEqual(gateway.messages.map(() => 200)),
    );
  });

  it('resumes what a killed host left, in another process', async () => {
    await build();
    const { testbed, gateway } = http;
    const child = await http.start(CHILD);
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_none, n) => [`apps/c${n}.yaml`, configMap(`c${n}`, { n: String(n) })]),
    );
    const revision = await testbed.push(files);
    // Its first objects exist: it has the lease, and nothing of it is recorded as done.
    await vi.waitFor(async () => expect(Object.keys(await testbed.configMaps()).length).toBeGreaterThan(0), {
      timeout: 30_000,
      interval: 5,
    });
    await http.kill(child, 'SIGKILL');
    expect(testbed.log.some((line) => line['verdict'] === 'deployed')).toBe(false);
    await http.start(CHILD);
    expect(await testbed.outcome(revision, 'deployed', 60_000)).toMatchObject({ verdict: 'deployed' });
    expect(Object.keys(await testbed.configMaps())).toHaveLength(30);
    const [message] = gateway.of('deploy');
    await vi.waitFor(() => expect(message?.settled.at(-1)?.status).toBe(200));
    expect(message?.settled[0]).toEqual({ status: 0, retryAfter: null });
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
