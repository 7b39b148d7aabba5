import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import type { LocalRuntime } from '../../../src/app/local/local-runtime.ts';
import { memoryOutbox } from '../../../src/deploy/ports/outbox.ts';
import type { MemoryOutbox } from '../../../src/deploy/ports/outbox.ts';
import type { Report } from '../../../src/deploy/ports/report.ts';
import { runRequests } from '../../../src/deploy/requests/run-requests.ts';
import { sweep } from '../../../src/deploy/sweep.ts';
import { sweepDrift } from '../../../src/deploy/drift/detect-drift.ts';
import { startFaultProxy } from '../../rig/cluster/fault-proxy.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.now();
/** It opens tomorrow at this time, for two hours. */
const OPENS_MS = Math.ceil((NOW_MS + DAY_MS) / HOUR_MS) * HOUR_MS;
const timeOf = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
const WINDOWS = [
  { allow: `${timeOf(OPENS_MS)} / ${timeOf(OPENS_MS + 2 * HOUR_MS)}`, timezone: 'UTC', reason: 'holiday freeze' },
];
const OPENS = /waits for the window, opens \w{3} \d\d:00 UTC: holiday freeze$/;

async function build(isServing = true): Promise<void> {
  testbed = await Testbed.build({ target: { windows: WINDOWS } });
  testbed.env['USER'] = 'jo';
  if (isServing) await testbed.start();
}

const WITHIN = { timeout: 30_000, interval: 50 };
const push = (v: string) => testbed.push({ 'apps/a.yaml': configMap('a', { v }) });
const value = async () => (await testbed.configMaps())['a']?.['v'];
const lastOf = (revision: string) => {
  const { state, description } = testbed.host.statusesOf(revision).at(-1) ?? { state: 'none', description: '' };
  return `${state} ${description}`;
};
const lastStatus = (revision: string, matching: RegExp) =>
  vi.waitFor(() => expect(lastOf(revision)).toMatch(matching), WITHIN);

/** What the sweep queues at a time, and what its runs do. */
async function sweepAt(nowMs: number, runtime: LocalRuntime): Promise<readonly (Report | null)[]> {
  const at = { ...runtime, nowMs: () => nowMs };
  const signal = AbortSignal.timeout(60_000);
  const requests = await sweep(at, signal);
  const outcomes = await Promise.all(requests.map((request) => runRequests([request], at, signal)));
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'done') throw outcome.error;
    return outcome.report;
  });
}

async function sweptAt(nowMs: number): Promise<readonly (Report | null)[]> {
  const runtime = testbed.runtime();
  try {
    return await sweepAt(nowMs, runtime);
  } finally {
    runtime.close();
  }
}

/** One run at a time, as a delivery or a check requests it. */
async function runAt(nowMs: number, runtime: LocalRuntime): Promise<Report | null> {
  const request = {
    target: testbed.namespace,
    trigger: { kind: 'cli' },
    hint: null,
    at: new Date().toISOString(),
  } as const;
  const outcome = await runRequests([request], { ...runtime, nowMs: () => nowMs }, AbortSignal.timeout(60_000));
  if (outcome.kind !== 'done') throw outcome.error;
  return outcome.report;
}

describe('a target outside its windows', () => {
  it('deploys nothing, leaves pushes pending with the reason, and deploys the tip once the window opens', async () => {
    await build();
    const first = await push('1');
    await lastStatus(first, new RegExp(`^pending ${OPENS.source}`));
    const second = await push('2');
    await lastStatus(second, new RegExp(`^pending ${OPENS.source}`));
    await lastStatus(first, /^error superseded by/);
    expect(await value()).toBeUndefined();

    const refused = await testbed.headgate('deploy', testbed.namespace);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/holiday freeze.*--override-window/s)]);
    const planned = await testbed.headgate('plan', testbed.namespace);
    expect([planned.code, planned.stdout]).toEqual([2, expect.stringMatching(/waiting: waits for the window, opens/)]);

    expect(await sweptAt(NOW_MS)).toEqual([]);
    expect(await sweptAt(OPENS_MS - 1)).toEqual([]);
    expect(await sweptAt(OPENS_MS)).toMatchObject([{ verdict: 'deployed', revision: second }]);
    expect(await value()).toBe('2');
    await lastStatus(second, /^success/);
    expect(await sweptAt(OPENS_MS + 3 * HOUR_MS)).toEqual([]);
  }, 120_000);

  it('is not queued by the sweep before there is a place for its state', async () => {
    testbed = await Testbed.build({ target: { windows: WINDOWS, createNamespace: true }, namespaceExists: false });
    const first = await push('1');
    expect(await sweptAt(NOW_MS)).toEqual([]);
    expect(lastOf(first)).toBe('none ');
    expect(await sweptAt(OPENS_MS)).toMatchObject([{ verdict: 'deployed', revision: first }]);
  }, 120_000);

  it('is still corrected when it drifts', async () => {
    await build(false);
    await push('1');
    expect(await sweptAt(OPENS_MS)).toMatchObject([{ verdict: 'deployed' }]);
    await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', 'a', '-p', '{"data":{"v":"by hand"}}');
    const runtime = testbed.runtime();
    const signal = AbortSignal.timeout(60_000);
    const found = await sweepDrift(runtime, signal);
    expect(found).toHaveLength(1);
    await runRequests(found, runtime, signal);
    runtime.close();
    expect(await value()).toBe('1');
  }, 120_000);

  it('is deployed by a person who overrides it, who and why is recorded', async () => {
    await build(false);
    await push('1');
    const wrong = await testbed.headgate('deploy', testbed.namespace, '--override-window');
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('--override-window requires --reason')]);
    const forced = await testbed.headgate(
      'deploy',
      testbed.namespace,
      '--override-window',
      '--reason',
      'incident 4711',
    );
    expect([forced.code, forced.stdout]).toEqual([0, expect.stringContaining('deployed')]);
    expect(forced.stderr).toMatch(/window-overridden.*jo.*incident 4711/s);
    expect(await value()).toBe('1');
    // A second time, when there is a state that an Event can be about.
    await push('2');
    expect((await testbed.headgate('deploy', testbed.namespace, '--override-window', '--reason', 'again')).code).toBe(
      0,
    );
    const events = await testbed.kubectl('-n', testbed.namespace, 'get', 'events', '-o', 'json');
    expect(events).toMatch(/"by jo: again \(waits for the window/);
    expect(await value()).toBe('2');
  }, 120_000);

  it('is held first: the hold is the reason that people see, and its end leaves the window', async () => {
    await build(false);
    await push('1');
    expect(await sweptAt(OPENS_MS)).toMatchObject([{ verdict: 'deployed' }]);
    expect((await testbed.headgate('hold', testbed.namespace, '--reason', 'incident')).code).toBe(0);
    const second = await push('2');
    await sweptAt(NOW_MS);
    await lastStatus(second, /^pending held by jo/);
    expect((await testbed.headgate('release', testbed.namespace)).stdout).toMatch(/waits for the window/);
    await lastStatus(second, new RegExp(`^pending ${OPENS.source}`));
    expect(await sweptAt(OPENS_MS + 1)).toMatchObject([{ verdict: 'deployed', revision: second }]);
  }, 120_000);
});

const deployment = (name: string, wave: string, image: string) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, annotations: { 'headgate.dev/wave': wave } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image }] } },
    },
  });

const release = (version: string) => ({
  'apps/db.yaml': deployment('db', '0', `example.com/db:${version}`),
  'apps/web.yaml': deployment('web', '1', `example.com/web:${version}`),
});

const imageOf = async (name: string) =>
  /example\.com\/\w+:\d+/.exec(JSON.stringify(await testbed.get('deployment', name)))?.[0] ?? null;

/** A runtime whose runs and checks stay in this process. */
function queued(): { readonly outbox: MemoryOutbox; readonly runtime: LocalRuntime } {
  const outbox = memoryOutbox();
  return { outbox, runtime: { ...testbed.runtime(), ...outbox } };
}

describe('a run that has opened within a window', () => {
  it('continues through its waves when the window closes, while a newer commit waits', async () => {
    await build(false);
    const first = await testbed.push(release('1'));
    const { runtime } = queued();
    // The first wave, within the window.
    expect(await sweepAt(OPENS_MS, runtime)).toMatchObject([{ verdict: 'waiting', revision: first }]);
    expect([await imageOf('db'), await imageOf('web')]).toEqual(['example.com/db:1', null]);
    await testbed.kubectl('-n', testbed.namespace, 'rollout', 'status', 'deployment/db', '--timeout=30s');

    const second = await testbed.push(release('2'));
    await vi.waitFor(async () => {
      await sweepAt(OPENS_MS + 3 * HOUR_MS, runtime);
      expect(await imageOf('web')).toBe('example.com/web:1');
    }, WITHIN);
    expect(await imageOf('db')).toBe('example.com/db:1');
    await vi.waitFor(async () => {
      await sweepAt(OPENS_MS + 3 * HOUR_MS, runtime);
      expect(lastOf(second)).toMatch(/^pending waits for the window, which does not open/);
    }, WITHIN);
    expect(await sweepAt(OPENS_MS + 3 * HOUR_MS, runtime)).toEqual([]);

    await vi.waitFor(async () => {
      await runAt(OPENS_MS + HOUR_MS, runtime);
      expect([await imageOf('db'), await imageOf('web')]).toEqual(['example.com/db:2', 'example.com/web:2']);
    }, WITHIN);
    runtime.close();
  }, 180_000);

  it('is finished by a later run outside the window when it was killed, at any write, and one that had not opened waits', async () => {
    const proxy = await startFaultProxy(inject('cluster'));
    const directory = await mkdtemp(join(tmpdir(), 'headgate-windows-'));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, proxy.kubeconfig);
    testbed = await Testbed.build({ target: { windows: WINDOWS }, kubeconfig });
    const runtime = testbed.runtime();
    const ends: string[] = [];
    await push('first');
    expect(await runAt(OPENS_MS, runtime)).toMatchObject({ verdict: 'deployed' });
    // The first write of a run is its open, the second one the object, the third one its close.
    for (const surviving of [0, 1, 2]) {
      const before = await value();
      const revision = await push(String(surviving));
      let writes = 0;
      proxy.fault = ({ method, path }) => {
        const isWrite = method !== 'GET' && path.includes('/configmaps') && !path.includes('dryRun');
        if (isWrite) writes += 1;
        return writes > surviving ? 'cut-before' : 'pass';
      };
      await expect(runAt(OPENS_MS, runtime)).rejects.toMatchObject({ code: 'cluster-unreachable' });
      proxy.fault = () => 'pass';
      await runAt(OPENS_MS + 3 * HOUR_MS, runtime);
      const isFinished = (await value()) !== before;
      ends.push(`${isFinished ? 'finished' : 'waits'}: ${lastOf(revision).split(' ').slice(0, 4).join(' ')}`);
      await runAt(OPENS_MS, runtime);
      expect([await value(), lastOf(revision)]).toEqual([String(surviving), expect.stringMatching(/^success/)]);
    }
    expect(ends).toEqual([
      'waits: pending waits for the',
      expect.stringMatching(/^finished: success /),
      expect.stringMatching(/^finished: success /),
    ]);
    runtime.close();
    await proxy.close();
    await rm(directory, { recursive: true });
  }, 240_000);
});
