import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CheckRequest } from '../../src/deploy/ports/check-request.ts';
import { objectsFor } from '../../src/deploy/ports/check-request.ts';
import { openLocalQueues } from '../../src/platforms/local/queues.ts';
import type { LocalQueues } from '../../src/platforms/local/queues.ts';
import type { Revision } from '../../src/snapshot/source.ts';

const { signal } = new AbortController();
let directory = '';
let queues: LocalQueues;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-checks-'));
  queues = await openLocalQueues(directory);
});

afterEach(async () => {
  await queues.close();
  await rm(directory, { recursive: true, force: true });
});

const CHECK: CheckRequest = {
  target: 'shop',
  trigger: { kind: 'delivery', id: 'd' },
  revision: 'a'.repeat(40) as Revision,
  sinceMs: 1,
  beganMs: 1,
  counts: { created: 1, updated: 2, pruned: 3 },
  objects: [
    {
      apiVersion: 'apps/v1',
      id: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' },
      mayVanish: false,
    },
  ],
  total: 2,
  attempt: 3,
  reported: 'not-ready',
  statusIsFinal: true,
  resumesRun: false,
};

const receive = () => queues.checks.receive({ visibilitySeconds: 30, waitSeconds: 2 }, signal);

it('hands out a check as it was sent, over a restart too, and later when it was sent for later', async () => {
  await queues.checks.send(CHECK, 0, signal);
  await queues.close();
  queues = await openLocalQueues(directory);
  const [received] = await receive();
  expect(received?.request).toEqual(CHECK);
  await queues.checks.remove(received?.receipt ?? '');
  const sentMs = Date.now();
  await queues.checks.send({ ...CHECK, objects: 'all' }, 1000, signal);
  const [later] = await receive();
  expect(later?.request?.objects).toBe('all');
  expect(Date.now() - sentMs).toBeGreaterThan(900);
});

it('does not hold up one check of a target behind another', async () => {
  await queues.checks.send(CHECK, 0, signal);
  await queues.checks.send({ ...CHECK, trigger: { kind: 'sweep' } }, 0, signal);
  const received = [...(await receive()), ...(await receive())];
  expect(received.map(({ request }) => request?.trigger.kind ?? '').toSorted()).toEqual(['delivery', 'sweep']);
  expect(new Set(received.map(({ group }) => group)).size).toBe(2);
});

it('takes as many objects as a check names', async () => {
  const name = 'x'.repeat(100);
  const objects = Array.from({ length: 500 }, (_, n) => ({
    apiVersion: 'widgets.example.com/v1alpha1',
    id: { group: 'widgets.example.com', kind: 'LongNamedWidget', namespace: name, name: `${name}${n}` },
    mayVanish: false,
  }));
  const check = { ...CHECK, objects: objectsFor(objects) };
  expect(JSON.stringify(check).length).toBeLessThan(256 * 1024);
  await queues.checks.send(check, 0, signal);
  expect((await receive())[0]?.request?.objects).toHaveLength(500);
});
