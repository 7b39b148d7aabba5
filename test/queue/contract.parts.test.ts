import { deliveryOf } from '../../src/deploy/ports/request.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectsFor } from '../../src/deploy/ports/check-request.ts';
import { openLocalQueues } from '../../src/platforms/local/queues.ts';
import { readCheck } from '../../src/queue/messages/check-request.ts';
import type { Inbox, Message } from '../../src/queue/inbox.ts';
import { readRequest } from '../../src/queue/messages/deploy-request.ts';
import { openSqsQueues } from '../rig/aws/sqs-inbox.ts';
import type { SqsQueues } from '../rig/aws/sqs-inbox.ts';
import { CHECK, aRequest } from './requests.ts';

const { signal } = new AbortController();
const AS_USUAL = { groups: 10, visibilitySeconds: 30 };
const MAX_TRIES = 2;

const PLATFORMS = [
  { platform: 'the local queue', open: openLocal },
  { platform: 'SQS', open: () => openSqsQueues({ maxTries: MAX_TRIES }) },
];

async function openLocal(): Promise<SqsQueues> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'headgate-queue-'));
  const queues = await openLocalQueues({ dataDirectory, nowMs: Date.now, maxTries: MAX_TRIES });
  return {
    ...queues,
    async close() {
      await queues.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

function receive(inbox: Inbox, more: { waitSeconds?: number; visibilitySeconds?: number } = {}) {
  return inbox.receive({ ...AS_USUAL, waitSeconds: 2, ...more }, signal);
}

const receiptsOf = (messages: readonly Message[]) => messages.map(({ receipt }) => receipt);
const namesOf = (messages: readonly Message[]) =>
  messages.map(({ body }) => {
    const request = readRequest(body);
    return request === null ? 'unreadable' : `${request.target}${deliveryOf(request.trigger)}`;
  });

describe.each(PLATFORMS)('$platform', ({ open }) => {
  let queues: SqsQueues;
  beforeEach(async () => {
    queues = await open();
  });
  afterEach(() => queues.close());

  /** Receives and removes this many. */
  async function takeAll(inbox: Inbox, count: number): Promise<readonly Message[]> {
    const all: Message[] = [];
    while (all.length < count) {
      const received = await receive(inbox);
      if (received.length === 0) throw new Error(`only ${all.length} messages: ${JSON.stringify(all)}`);
      all.push(...received);
      await inbox.remove(receiptsOf(received));
    }
    return all;
  }

  it('delivers a request as it was sent, whatever characters its target has', async () => {
    const request = {
      ...aRequest('shop-\uFFFE-é'),
      generatedFrom: { template: 't', directory: 'envs/\uFFFF' },
      hint: { revision: CHECK.revision, rootTree: null, isForced: true },
    };
    await queues.deploy.send([request], signal);
    const [message] = await receive(queues.deploy);
    expect(readRequest(message?.body ?? '')).toEqual(request);
    expect(message?.tries).toBe(1);
  });

  it('delivers the requests of a target in the order they were sent', async () => {
    await queues.deploy.send([aRequest('a', '1'), aRequest('b', '1'), aRequest('a', '2'), aRequest('a', '3')], signal);
    const names = namesOf(await takeAll(queues.deploy, 4));
    expect(names.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(names).toContain('b1');
  });

  it('delivers no request of a target while an earlier one is hidden, but those of other targets', async () => {
    await queues.deploy.send([aRequest('a', '1')], signal);
    const first = await receive(queues.deploy);
    await queues.deploy.send([aRequest('a', '2'), aRequest('b', '1')], signal);
    expect(namesOf(await receive(queues.deploy))).toEqual(['b1']);
    expect(await receive(queues.deploy, { waitSeconds: 0 })).toEqual([]);
    await queues.deploy.remove(receiptsOf(first));
    expect(namesOf(await receive(queues.deploy))).toEqual(['a2']);
  });

  it('wakes a receiver when a message is sent', async () => {
    const receiving = receive(queues.deploy, { waitSeconds: 10 });
    const sentMs = performance.now();
    await queues.deploy.send([aRequest('a')], signal);
    expect(namesOf(await receiving)).toEqual(['a1']);
    expect(performance.now() - sentMs).toBeLessThan(5000);
  });

  it('returns no messages to a receiver after its wait time', async () => {
    const startedMs = performance.now();
    expect(await receive(queues.deploy, { waitSeconds: 1 })).toEqual([]);
    expect(performance.now() - startedMs).toBeGreaterThan(900);
  });

  it('delivers a message again after its visibility timeout, with another receipt', async () => {
    await queues.deploy.send([aRequest('a')], signal);
    const [first] = await receive(queues.deploy, { visibilitySeconds: 1 });
    const takenMs = performance.now();
    const [again] = await receive(queues.deploy, { waitSeconds: 5 });
    expect(performance.now() - takenMs).toBeGreaterThan(500);
    expect(again).toMatchObject({ body: first?.body, tries: 2 });
    expect(again?.receipt).not.toBe(first?.receipt);
  });

  it('hides a message for longer when its visibility timeout is extended', async () => {
    await queues.deploy.send([aRequest('a')], signal);
    const taken = await receive(queues.deploy, { visibilitySeconds: 1 });
    expect(await queues.deploy.hide(receiptsOf(taken), 30, signal)).toEqual(new Set());
    expect(await receive(queues.deploy, { waitSeconds: 2 })).toEqual([]);
  });

  it('delivers a message at once that is given back with 0 seconds', async () => {
    await queues.deploy.send([aRequest('a')], signal);
    const taken = await receive(queues.deploy);
    const receiving = receive(queues.deploy, { waitSeconds: 10 });
    expect(await queues.deploy.hide(receiptsOf(taken), 0, signal)).toEqual(new Set());
    expect(namesOf(await receiving)).toEqual(['a1']);
  });

  it('returns the receipts that are no longer valid because their message was delivered again or removed', async () => {
    await queues.deploy.send([aRequest('a'), aRequest('b')], signal);
    const first = await receive(queues.deploy, { visibilitySeconds: 1 });
    expect(first).toHaveLength(2);
    const second = await takeAll(queues.deploy, 1);
    const others = second.length === 2 ? [] : await receive(queues.deploy, { waitSeconds: 5 });
    expect(second.length + others.length).toBe(2);
    expect(await queues.deploy.hide(receiptsOf(first), 30, signal)).toEqual(new Set(receiptsOf(first)));
  });

  it('moves a message to the dead letters after its last attempt, and delivers the next one of its target', async () => {
    await queues.deploy.send([aRequest('a', '1')], signal);
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const received = await receive(queues.deploy);
      expect(received).toMatchObject([{ tries }]);
      await queues.deploy.hide(receiptsOf(received), 0, signal);
    }
    await queues.deploy.send([aRequest('a', '2')], signal);
    expect(namesOf(await receive(queues.deploy))).toEqual(['a2']);
    const [dead] = await takeAll(queues.dead, 1);
    expect(dead).toMatchObject({ group: 'a' });
    expect(namesOf(dead === undefined ? [] : [dead])).toEqual(['a1']);
  });

  it('accepts requests that are too long for one batch together', async () => {
    const suspects = Array.from({ length: 1500 }, (_, n) => ({
      object: `ConfigMap shop/${'x'.repeat(100)}-${n}`,
      file: `apps/${n}.yaml`,
    }));
    const names = Array.from({ length: 12 }, (_, n) => `t${n}`);
    await queues.deploy.send(
      names.map((name) => ({ ...aRequest(name, 'sweep'), drift: { suspects, resting: 1 } })),
      signal,
    );
    const requests = (await takeAll(queues.deploy, 12)).map(({ body }) => readRequest(body));
    expect(requests.map((request) => request?.target ?? '').toSorted()).toEqual(names.toSorted());
    expect(requests[7]?.drift).toEqual({ suspects, resting: 1 });
  });

  it('delivers a check as it was sent, and after its delay', async () => {
    await queues.checks.send(CHECK, 0, signal);
    const [received] = await takeAll(queues.checks, 1);
    expect(readCheck(received?.body ?? '')).toEqual(CHECK);
    const sentMs = Date.now();
    await queues.checks.send({ ...CHECK, objects: 'all' }, 1000, signal);
    const [later] = await receive(queues.checks, { waitSeconds: 5 });
    expect(readCheck(later?.body ?? '')?.objects).toBe('all');
    expect(Date.now() - sentMs).toBeGreaterThan(900);
  });

  it('does not let one check of a target wait for another', async () => {
    await queues.checks.send(CHECK, 0, signal);
    await queues.checks.send({ ...CHECK, trigger: { kind: 'delivery', id: 'e' } }, 0, signal);
    const first = await receive(queues.checks);
    const received = first.length === 2 ? first : [...first, ...(await receive(queues.checks))];
    expect(
      received
        .map(({ body }) => {
          const check = readCheck(body);
          return check === null ? '' : deliveryOf(check.trigger);
        })
        .toSorted(),
    ).toEqual(['d', 'e']);
    expect(new Set(received.map(({ group }) => group)).size).toBe(2);
  });

  it('accepts a check with as many objects as a check may name', async () => {
    const name = 'x'.repeat(100);
    const objects = Array.from({ length: 500 }, (_, n) => ({
      apiVersion: 'widgets.example.com/v1alpha1',
      id: { group: 'widgets.example.com', kind: 'LongNamedWidget', namespace: name, name: `${name}${n}` },
      mayVanish: false,
    }));
    const check = { ...CHECK, objects: objectsFor(objects) };
    expect(JSON.stringify(check).length).toBeLessThan(256 * 1024);
    await queues.checks.send(check, 0, signal);
    const [received] = await receive(queues.checks);
    expect(readCheck(received?.body ?? '')?.objects).toHaveLength(500);
  });
});
