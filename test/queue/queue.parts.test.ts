import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { consume, pauseSeconds } from '../../src/queue/consumer.ts';
import type { Consumer, ConsumerOptions } from '../../src/queue/consumer.ts';
import { createQueues, openQueue } from '../../src/platforms/aws/sqs/queue.ts';
import type { SqsQueue } from '../../src/platforms/aws/sqs/queue.ts';
import { deliveryOf } from '../../src/deploy/ports/request.ts';
import type { DeployRequest } from '../../src/deploy/ports/request.ts';
import { REGION, startQueueServer } from '../../src/platforms/local/queue-server.ts';
import type { QueueServer } from '../../src/platforms/local/queue-server.ts';

const signal = new AbortController().signal;
const wait = (ms: number, until: AbortSignal) => pause(ms, undefined, { signal: until });

function aRequest(target: string, delivery: string): DeployRequest {
  return { target, trigger: { kind: 'delivery', id: delivery }, hint: null, at: '2026-01-01T00:00:00Z' };
}

let directory = '';
let server: QueueServer;
let queue: SqsQueue;
let dead: SqsQueue;
const consumers: Consumer[] = [];

async function start(maxReceiveCount = 20) {
  server = await startQueueServer({ dataDirectory: directory });
  const { deployUrl, deadUrl } = await createQueues({ endpoint: server.endpoint, region: REGION, maxReceiveCount });
  const open = (queueUrl: string) =>
    openQueue({ endpoint: server.endpoint, region: REGION, queueUrl, randomId: randomUUID });
  queue = await open(deployUrl);
  dead = await open(deadUrl);
}

async function stop() {
  for (const consumer of consumers.splice(0)) await consumer.stop(1000);
  queue.close();
  dead.close();
  await server.close();
}

function consuming(options: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'handler'>): Consumer {
  const consumer = consume({
    queue,
    onPoison: async () => undefined,
    log: () => undefined,
    wait,
    random: () => 0,
    concurrency: 4,
    visibilitySeconds: 30,
    ...options,
  });
  consumers.push(consumer);
  return consumer;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-queue-'));
});

afterEach(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true });
});

describe('the queue', () => {
  it('hands out the requests of a target in their order, and those of other targets beside them', async () => {
    await start();
    await queue.send([aRequest('a', '1'), aRequest('b', '1'), aRequest('a', '2')], signal);
    const handled: string[] = [];
    consuming({
      handler: async (requests) => {
        handled.push(...requests.map(({ target, trigger }) => `${target}${deliveryOf(trigger)}`));
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(handled).toHaveLength(3), 5000);
    expect(handled.indexOf('a1')).toBeLessThan(handled.indexOf('a2'));
    expect(handled).toContain('b1');
  });

  it('takes requests at once that are too long for one batch together', async () => {
    await start();
    const suspects = Array.from({ length: 1500 }, (_, n) => ({
      object: `ConfigMap shop/${'x'.repeat(100)}-${n}`,
      file: `apps/${n}.yaml`,
    }));
    const names = Array.from({ length: 12 }, (_, n) => `t${n}`);
    await queue.send(
      names.map((name) => ({ ...aRequest(name, 'sweep'), drift: { suspects, resting: 1 } })),
      signal,
    );
    const handled = new Map<string, DeployRequest['drift']>();
    consuming({
      handler: async (requests) => {
        for (const { target, drift } of requests) handled.set(target, drift);
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect([...handled.keys()].toSorted()).toEqual(names.toSorted()), 8000);
    expect(handled.get('t7')).toEqual({ suspects, resting: 1 });
  });

  it('hands out at once, in its order, what a process that is gone had taken or put off', async () => {
    await start();
    await queue.send([aRequest('a', '1'), aRequest('a', '2')], signal);
    const [taken] = await queue.receive({ visibilitySeconds: 600, waitSeconds: 1 }, signal);
    await queue.hide(taken?.receipt ?? '', 900);
    await stop();
    await start();
    const handled: string[] = [];
    consuming({
      handler: async (requests) => {
        handled.push(...requests.map(({ trigger }) => deliveryOf(trigger)));
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(handled).toEqual(['1', '2']), 5000);
  });

  it('keeps requests over a restart, also one that was being worked on', async () => {
    await start();
    await queue.send([aRequest('a', '1'), aRequest('b', '1')], signal);
    const [taken] = await queue.receive({ visibilitySeconds: 1, waitSeconds: 1 }, signal);
    expect(taken).toBeDefined();
    await stop();
    await start();
    const handled: string[] = [];
    consuming({
      handler: async (requests) => {
        handled.push(...requests.map(({ target }) => target));
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(handled.toSorted()).toEqual(['a', 'b']), 8000);
  });

  it('listens on loopback only, and refuses a second server over the same data', async () => {
    await start();
    expect(new URL(server.endpoint).hostname).toBe('127.0.0.1');
    await expect(startQueueServer({ dataDirectory: directory })).rejects.toMatchObject({ code: 'usage' });
  });

  it('says in bounded time that it cannot be reached', async () => {
    await start();
    const lost = await openQueue({
      endpoint: 'http://127.0.0.1:9',
      region: REGION,
      queueUrl: 'http://127.0.0.1:9/000000000000/x.fifo',
      randomId: randomUUID,
    });
    await expect(lost.send([aRequest('a', '1')], AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: 'queue-unreachable',
    });
    lost.close();
  });
});

describe('a consumer', () => {
  it('keeps a message while its handler works longer than the message is hidden', async () => {
    await start();
    await queue.send([aRequest('a', '1')], signal);
    let starts = 0;
    let ends = 0;
    consuming({
      visibilitySeconds: 1,
      handler: async () => {
        starts += 1;
        await pause(2500);
        ends += 1;
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(ends).toBe(1), 6000);
    expect(starts).toBe(1);
  });

  it('says of a message that somebody else has answered meanwhile that it cannot be kept, and blames nobody', async () => {
    await start();
    await queue.send([aRequest('shop', 'd1')], signal);
    const [ours] = await queue.receive({ visibilitySeconds: 1, waitSeconds: 1 }, signal);
    const [theirs] = await queue.receive({ visibilitySeconds: 30, waitSeconds: 5 }, signal);
    await queue.remove(theirs?.receipt ?? '');
    await expect(queue.hide(ours?.receipt ?? '', 30)).rejects.toMatchObject({
      code: 'queue-unreachable',
      remedy: expect.stringContaining('Nothing is lost'),
    });
  });

  it('tries again after a failure, and lets other targets go on meanwhile', async () => {
    await start();
    await queue.send([aRequest('a', '1'), aRequest('b', '1')], signal);
    const handled: string[] = [];
    consuming({
      handler: async ([request]) => {
        handled.push(request?.target ?? '');
        if (request?.target === 'a' && handled.filter((target) => target === 'a').length === 1)
          throw new Error('broken');
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(handled.filter((target) => target === 'a')).toHaveLength(2), 6000);
    expect(handled.indexOf('b')).toBeLessThan(handled.lastIndexOf('a'));
  });

  it('tries at once what waits for its next try when a newer request comes', async () => {
    await start();
    await queue.send([aRequest('a', '1')], signal);
    let tries = 0;
    const consumer = consuming({
      handler: async () => {
        tries += 1;
        return tries === 1 ? { kind: 'retry', afterMs: 600_000 } : { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(tries).toBe(1), 5000);
    await pause(200);
    consumer.nudge(['a']);
    await vi.waitFor(() => expect(tries).toBe(2), 5000);
  });

  it('gives up after the last try: the request lies in the dead letters, and its neighbours go on', async () => {
    await start(2);
    await queue.send([aRequest('a', '1'), aRequest('b', '1')], signal);
    const done: string[] = [];
    consuming({
      handler: async ([request]) => {
        if (request?.target === 'a') return { kind: 'retry', afterMs: 0 };
        done.push(request?.target ?? '');
        return { kind: 'done' };
      },
    });
    const letters: string[] = [];
    await vi.waitFor(async () => {
      const received = await dead.receive({ visibilitySeconds: 30, waitSeconds: 0 }, signal);
      letters.push(...received.map(({ request }) => request?.target ?? ''));
      expect(letters).toEqual(['a']);
    }, 8000);
    expect(done).toEqual(['b']);
  });

  it('interrupts what does not end by the deadline, and gives it back', async () => {
    await start();
    await queue.send([aRequest('a', '1')], signal);
    let isInterrupted = false;
    const consumer = consuming({
      visibilitySeconds: 1,
      handler: (_requests, stopped) =>
        new Promise((_resolve, reject) => {
          stopped.addEventListener('abort', () => {
            isInterrupted = true;
            reject(new Error('interrupted'));
          });
        }),
    });
    await pause(300);
    await consumer.stop(100);
    expect(isInterrupted).toBe(true);
    await vi.waitFor(async () => {
      const [again] = await queue.receive({ visibilitySeconds: 30, waitSeconds: 1 }, signal);
      expect(again?.request?.target).toBe('a');
    }, 8000);
  });
});

it('waits twice as long after every failure, at most a quarter of an hour, and never exactly as long as its neighbour', () => {
  expect([1, 2, 3, 4, 20].map((tries) => pauseSeconds(tries, 0))).toEqual([1, 2, 4, 8, 900]);
  expect(pauseSeconds(20, 0.999)).toBeGreaterThanOrEqual(675);
  expect(pauseSeconds(20, 0.5)).toBeLessThan(900);
});
