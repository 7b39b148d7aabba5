import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sweepDrift } from '../../src/deploy/drift/detect-drift.ts';
import { startHttpService } from '../app/channels/services.ts';
import type { HttpService } from '../app/channels/services.ts';
import { PullRig } from './pulls/pull-rig.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
let service: HttpService;

// With history, metrics and a channel, which may not cost a run anything.
beforeAll(async () => {
  service = await startHttpService();
  testbed = await Testbed.build({
    target: { notify: ['hook'] },
    channels: { hook: { kind: 'webhook', url: 'env:HOOK_URL', token: 'env:HOOK_SECRET' } },
  });
  Object.assign(testbed.env, { HOOK_URL: service.url, HOOK_SECRET: 'planted-hook-secret-0123456789' });
  await testbed.start();
});

afterAll(async () => {
  await testbed.tearDown();
  await service.close();
});

const OBJECTS = 10_000;
const path = (n: number) => `apps/${n % 50}/${n % 20}/c${n}.yaml`;

it('deploys one change among 10,000 objects with 8 requests to Kubernetes, 4 to Git and less than 10 KB, detects drift with one list, and plans a pull request with at most 8 requests', async () => {
  const files = Object.fromEntries(
    Array.from({ length: OBJECTS }, (_, n) => [path(n), configMap(`c${n}`, { value: String(n) })]),
  );
  const first = await testbed.push(files);
  const everything = await testbed.outcome(first, undefined, 240_000);
  expect(everything).toMatchObject({ verdict: 'deployed', created: OBJECTS });

  testbed.host.server.requests.length = 0;
  const edited = await testbed.push({ [path(4711)]: configMap('c4711', { value: 'edited' }) });
  const outcome = await testbed.outcome(edited);
  const audit = (await testbed.auditOf(`${testbed.namespace}@${edited.slice(0, 12)}`)).map(
    ({ verb, uri }) => `${verb} ${uri.split('?')[0]}`,
  );
  const git = testbed.host.server.requests.filter(({ path: url }) => url.endsWith('/git-upload-pack'));

  const of = `/api/v1/namespaces/${testbed.namespace}`;
  expect(audit.filter((line) => line.startsWith('list'))).toEqual([]);
  expect(audit.map((line) => line.replace(/headgate-[^.]*\.\d+$/, 'SHARD'))).toEqual([
    `get ${of}/configmaps/headgate-${testbed.namespace}`,
    `get ${of}/configmaps/SHARD`,
    `patch ${of}/configmaps/c4711`,
    `patch ${of}/configmaps/headgate-${testbed.namespace}`,
    `patch ${of}/configmaps/c4711`,
    `patch ${of}/configmaps/SHARD`,
    `patch ${of}/configmaps/headgate-${testbed.namespace}`,
    `create ${of}/events`,
  ]);
  expect(git.map(({ command }) => command).toSorted()).toEqual(['fetch', 'fetch', 'fetch', 'ls-refs']);
  const bytes = git.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  expect(bytes).toBeLessThan(10_000);
  expect(outcome).toMatchObject({ requests: { kubernetes: 8, git: 4, host: 2 }, bytes: { git: bytes }, updated: 1 });
  const reported = async () => {
    const revisions = service.received.map(
      ({ body }) => (JSON.parse(body) as { data: { revision: string } }).data.revision,
    );
    expect(revisions).toEqual([first, edited]);
    expect(service.received.map(({ headers }) => headers['webhook-id'])).toHaveLength(2);
  };
  await vi.waitFor(reported, { timeout: 60_000, interval: 100 });
  const { stdout } = await testbed.headgate('history', testbed.namespace, '--output', 'json');
  const { outcomes } = JSON.parse(stdout) as { outcomes: { revision: string }[] };
  expect(outcomes.map(({ revision }) => revision)).toEqual([edited, first]);
  expect(Object.keys(await testbed.metrics()).some((name) => name.startsWith('headgate_deploys_total'))).toBe(true);
  process.stderr.write(
    `first deploy ${String(everything['durationMs'])} ms, one change ${JSON.stringify(outcome['stagesMs'])} ${String(outcome['durationMs'])} ms\n`,
  );

  const runtime = testbed.runtime();
  const before = (await testbed.auditOf(testbed.namespace)).length;
  const startedMs = performance.now();
  const drifted = await sweepDrift(runtime, AbortSignal.timeout(60_000));
  const lookMs = Math.round(performance.now() - startedMs);
  runtime.close();
  const looked = (await testbed.auditOf(testbed.namespace)).slice(before);
  expect(drifted).toEqual([]);
  expect(looked.filter(({ verb }) => verb === 'list')).toHaveLength(1);
  expect(looked.filter(({ verb }) => !['list', 'get'].includes(verb))).toEqual([]);
  process.stderr.write(`look for drift ${lookMs} ms, ${looked.length} requests\n`);

  const change = { [path(815)]: configMap('c815', { value: 'planned' }) };
  const { number, mergeRevision } = await new PullRig(testbed).open('change', change);
  const plan = await testbed.headgate('plan', testbed.namespace, '--pull-request', String(number), '--output', 'json');
  expect(plan).toMatchObject({ code: 2 });
  expect(JSON.parse(plan.stdout)).toMatchObject({ changes: [{ op: 'update', name: 'c815' }], refusals: [] });
  const sent = await testbed.auditOf(`${testbed.namespace}@${mergeRevision?.slice(0, 12) ?? 'none'}`);
  expect(sent.filter(({ verb, uri }) => verb !== 'get' && !uri.includes('dryRun=All'))).toEqual([]);
  expect(sent.length).toBeLessThanOrEqual(8);
  process.stderr.write(`plan of a pull request: ${sent.length} requests\n`);
}, 420_000);
