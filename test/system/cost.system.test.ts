import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweepDrift } from '../../src/deploy/drift/detect-drift.ts';
import { House, configMap } from '../rig/house/house.ts';

let house: House;

beforeAll(async () => {
  house = await House.build();
  await house.start();
});

afterAll(async () => {
  await house.tearDown();
});

const OBJECTS = 10_000;
const path = (n: number) => `apps/${n % 50}/${n % 20}/c${n}.yaml`;

it('costs 8 requests to Kubernetes, 4 to Git and less than 10 KB for one change among 10,000 objects, and one list to look for drift', async () => {
  const files = Object.fromEntries(
    Array.from({ length: OBJECTS }, (_, n) => [path(n), configMap(`c${n}`, { value: String(n) })]),
  );
  const first = await house.push(files);
  const everything = await house.outcome(first, undefined, 240_000);
  expect(everything).toMatchObject({ verdict: 'deployed', created: OBJECTS });

  house.host.server.requests.length = 0;
  const edited = await house.push({ [path(4711)]: configMap('c4711', { value: 'edited' }) });
  const outcome = await house.outcome(edited);
  const audit = (await house.auditOf(`${house.namespace}@${edited.slice(0, 12)}`)).map(
    ({ verb, uri }) => `${verb} ${uri.split('?')[0]}`,
  );
  const git = house.host.server.requests.filter(({ path: url }) => url.endsWith('/git-upload-pack'));

  const of = `/api/v1/namespaces/${house.namespace}`;
  expect(audit.filter((line) => line.startsWith('list'))).toEqual([]);
  expect(audit.map((line) => line.replace(/headgate-[^.]*\.\d+$/, 'SHARD'))).toEqual([
    `get ${of}/configmaps/headgate-${house.namespace}`,
    `get ${of}/configmaps/SHARD`,
    `patch ${of}/configmaps/c4711`,
    `patch ${of}/configmaps/headgate-${house.namespace}`,
    `patch ${of}/configmaps/c4711`,
    `patch ${of}/configmaps/SHARD`,
    `patch ${of}/configmaps/headgate-${house.namespace}`,
    `create ${of}/events`,
  ]);
  expect(git.map(({ command }) => command).toSorted()).toEqual(['fetch', 'fetch', 'fetch', 'ls-refs']);
  const bytes = git.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  expect(bytes).toBeLessThan(10_000);
  expect(outcome).toMatchObject({ requests: { kubernetes: 8, git: 4, host: 2 }, bytes: { git: bytes }, updated: 1 });
  process.stderr.write(
    `first deploy ${String(everything['durationMs'])} ms, one change ${JSON.stringify(outcome['stagesMs'])} ${String(outcome['durationMs'])} ms\n`,
  );

  const runtime = house.runtime();
  const before = (await house.auditOf(house.namespace)).length;
  const startedMs = performance.now();
  const drifted = await sweepDrift(runtime, AbortSignal.timeout(60_000));
  const lookMs = Math.round(performance.now() - startedMs);
  runtime.close();
  const looked = (await house.auditOf(house.namespace)).slice(before);
  expect(drifted).toEqual([]);
  expect(looked.filter(({ verb }) => verb === 'list')).toHaveLength(1);
  expect(looked.filter(({ verb }) => !['list', 'get'].includes(verb))).toEqual([]);
  process.stderr.write(`look for drift ${lookMs} ms, ${looked.length} requests\n`);
}, 300_000);
