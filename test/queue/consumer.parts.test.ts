import { deliveryOf } from '../../src/deploy/ports/request.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { wait } from '../../src/app/wait.ts';
import type { DeployRequest } from '../../src/deploy/ports/request.ts';
import { openLocalQueues } from '../../src/platforms/local/queues.ts';
import type { LocalQueues } from '../../src/platforms/local/queues.ts';
import { consume } from '../../src/queue/consumer.ts';
import type { Consumer, ConsumerOptions } from '../../src/queue/consumer.ts';
import { readRequest } from '../../src/queue/messages/deploy-request.ts';
import type { Slots } from '../../src/queue/slots.ts';
import { cuttingWaitsShort, retryWaits } from '../../src/queue/retry-waits.ts';
import { backOffSeconds } from '../../src/queue/work.ts';
import { aRequest } from './requests.ts';

const signal = new AbortController().signal;

let directory = '';
let queues: LocalQueues;
let logged: Parameters<ConsumerOptions<DeployRequest>['log']>[0][];
const consumers: Consumer[] = [];

async function start(maxTries = 20) {
  queues = await openLocalQueues({ dataDirectory: directory, nowMs: Date.now, maxTries });
}

async function stop() {
  for (const consumer of consumers.splice(0)) await consumer.stop(1000);
  await queues.close();
}

/** For groups whose servers all answer. */
const slotsFor = (answering: number): Slots => ({
  limits: { answering, unproven: 0, silent: 0, perServer: 0 },
  conditionOf: () => 'answering',
});

type Options = ConsumerOptions<DeployRequest>;

function consuming(options: Partial<Options> & Pick<Options, 'handler'>): Consumer {
  const consumer = consume<DeployRequest>({
    queue: queues.deploy,
    waits: null,
    read: readRequest,
    keepUnreadable: null,
    log: (line) => logged.push(line),
    wait,
    random: () => 0,
    slots: slotsFor(4),
    serversOf: () => [],
    visibilitySeconds: 30,
    ...options,
  });
  consumers.push(consumer);
  return consumer;
}

describe('a consumer', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-consumer-'));
    logged = [];
  });

  afterEach(async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('handles the requests of a target in order, and other targets concurrently', async () => {
    await start();
    await queues.deploy.send([aRequest('a', '1'), aRequest('b', '1'), aRequest('a', '2')], signal);
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

  it('does one run for all requests of a target that arrive during its previous run', async () => {
    await start();
    const begun = Promise.withResolvers<void>();
    const first = Promise.withResolvers<void>();
    const runs: string[][] = [];
    consuming({
      handler: async (requests) => {
        runs.push(requests.map(({ trigger }) => deliveryOf(trigger)));
        begun.resolve();
        await first.promise;
        return { kind: 'done' };
      },
    });
    await queues.deploy.send([aRequest('a', '1')], signal);
    await begun.promise;
    for (const delivery of ['2', '3', '4']) await queues.deploy.send([aRequest('a', delivery)], signal);
    first.resolve();
    await vi.waitFor(() => expect(runs).toEqual([['1'], ['2', '3', '4']]), 5000);
  });

  it('handles at most `concurrency` targets at once', async () => {
    await start();
    const targets = ['a', 'b', 'c', 'd', 'e'];
    await queues.deploy.send(
      targets.map((target) => aRequest(target)),
      signal,
    );
    let running = 0;
    let most = 0;
    let ended = 0;
    consuming({
      slots: slotsFor(2),
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        await pause(50);
        running -= 1;
        ended += 1;
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(ended).toBe(5), 5000);
    expect(most).toBe(2);
  });

  it('resumes interrupted work after a restart', async () => {
    await start();
    await queues.deploy.send([aRequest('a', '1'), aRequest('b', '1')], signal);
    const taken = await queues.deploy.receive({ groups: 1, visibilitySeconds: 600, waitSeconds: 1 }, signal);
    expect(taken).toHaveLength(1);
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

  it('keeps a message hidden while its handler runs longer than the visibility timeout', async () => {
    await start();
    await queues.deploy.send([aRequest('a', '1')], signal);
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

  it('interrupts the handler of a message that another worker has removed', async () => {
    await start();
    await queues.deploy.send([aRequest('a', '1')], signal);
    const interrupted = Promise.withResolvers<void>();
    consuming({
      visibilitySeconds: 1,
      handler: async (_requests, stopped) => {
        await queues.deploy.remove(['1.1']);
        stopped.addEventListener('abort', () => interrupted.resolve());
        await interrupted.promise;
        return { kind: 'done' };
      },
    });
    await expect(interrupted.promise).resolves.toBeUndefined();
  });

  it('retries after a failure, and other targets do not wait for that', async () => {
    await start();
    await queues.deploy.send([aRequest('a', '1'), aRequest('b', '1')], signal);
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
    expect(logged).toMatchObject([{ message: 'handler-failed', target: 'a' }]);
  });

  it('ends the wait for a retry when a delivery arrives, but not for a sweep', async () => {
    await start();
    const waits = retryWaits(queues.deploy);
    const deliveries = cuttingWaitsShort(queues.deploy, waits);
    await deliveries.send([aRequest('a', '1')], signal);
    const runs: string[][] = [];
    consuming({
      waits,
      handler: async (requests) => {
        runs.push(requests.map(({ trigger }) => deliveryOf(trigger)));
        return runs.length === 1 ? { kind: 'retry', afterMs: 600_000 } : { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(runs).toEqual([['1']]), 5000);
    await pause(100);
    await queues.deploy.send([aRequest('a', 'sweep')], signal);
    await pause(300);
    expect(runs).toHaveLength(1);
    await deliveries.send([aRequest('a', '2')], signal);
    await vi.waitFor(() => expect(runs).toEqual([['1'], ['1', 'sweep', '2']]), 5000);
  });

  it('does not pause after a failed run during which a delivery arrived', async () => {
    await start();
    const waits = retryWaits(queues.deploy);
    const deliveries = cuttingWaitsShort(queues.deploy, waits);
    await deliveries.send([aRequest('a', '1')], signal);
    const runs: string[][] = [];
    consuming({
      waits,
      handler: async (requests) => {
        runs.push(requests.map(({ trigger }) => deliveryOf(trigger)));
        if (runs.length > 1) return { kind: 'done' };
        await deliveries.send([aRequest('a', '2')], signal);
        return { kind: 'retry', afterMs: 600_000 };
      },
    });
    await vi.waitFor(() => expect(runs).toEqual([['1'], ['1', '2']]), 5000);
  });

  it.each([
    ['waits for its retry', false],
    ['fails', true],
  ])('does not count an attempt against a request when a delivery arrives while it %s', async (_when, isDuring) => {
    await start(2);
    const waits = retryWaits(queues.deploy);
    const deliveries = cuttingWaitsShort(queues.deploy, waits);
    const runs: number[] = [];
    await deliveries.send([aRequest('a', '0')], signal);
    consuming({
      waits,
      handler: async (requests) => {
        if (isDuring && runs.length < 5) await deliveries.send([aRequest('a', `${runs.length + 1}`)], signal);
        runs.push(requests.length);
        return { kind: 'retry', afterMs: 600_000 };
      },
    });
    for (let sent = 1; sent <= 5; sent += 1) {
      await vi.waitFor(() => expect(runs.length).toBeGreaterThanOrEqual(sent), 5000);
      if (!isDuring) await deliveries.send([aRequest('a', `${sent}`)], signal);
    }
    await vi.waitFor(() => expect(runs).toEqual([1, 2, 3, 4, 5, 6]), 5000);
    expect(await queues.dead.receive({ groups: 1, visibilitySeconds: 30, waitSeconds: 0 }, signal)).toEqual([]);
  });

  it('stores and removes an unreadable message, and handles the other requests', async () => {
    await start();
    const { deploy } = queues;
    await deploy.send([{ ...aRequest('a'), at: 7 } as unknown as DeployRequest, aRequest('a', '2')], signal);
    const kept: string[] = [];
    const handled: string[] = [];
    consuming({
      keepUnreadable: async (body) => void kept.push(body),
      handler: async (requests) => {
        handled.push(...requests.map(({ trigger }) => deliveryOf(trigger)));
        return { kind: 'done' };
      },
    });
    await vi.waitFor(() => expect(handled).toEqual(['2']), 5000);
    expect(kept).toEqual([expect.stringContaining('"at":7')]);
    expect(logged).toMatchObject([{ message: 'not-a-request', length: kept[0]?.length }]);
  });

  it('moves a request to the dead letters after its last attempt, and handles the others', async () => {
    await start(2);
    await queues.deploy.send([aRequest('a', '1'), aRequest('b', '1')], signal);
    const done: string[] = [];
    consuming({
      handler: async ([request]) => {
        if (request?.target === 'a') return { kind: 'retry', afterMs: 0 };
        done.push(request?.target ?? '');
        return { kind: 'done' };
      },
    });
    const [letter] = await queues.dead.receive({ groups: 1, visibilitySeconds: 30, waitSeconds: 10 }, signal);
    expect(readRequest(letter?.body ?? '')?.target).toBe('a');
    expect(done).toEqual(['b']);
  });

  it('interrupts work at the deadline and gives it back, even at full concurrency', async () => {
    await start();
    await queues.deploy.send([aRequest('a', '1')], signal);
    const begun = Promise.withResolvers<void>();
    let isInterrupted = false;
    const consumer = consuming({
      slots: slotsFor(1),
      handler: (_requests, stopped) =>
        new Promise((_resolve, reject) => {
          begun.resolve();
          stopped.addEventListener('abort', () => {
            isInterrupted = true;
            reject(new Error('interrupted'));
          });
        }),
    });
    await begun.promise;
    await consumer.stop(100);
    expect(isInterrupted).toBe(true);
    const [again] = await queues.deploy.receive({ groups: 1, visibilitySeconds: 30, waitSeconds: 0 }, signal);
    expect(again).toMatchObject({ group: 'a', tries: 2 });
  });
});

it('doubles the backoff after every failure, up to a quarter of an hour, with jitter', () => {
  expect([1, 2, 3, 4, 20].map((tries) => backOffSeconds(tries, 0))).toEqual([1, 2, 4, 8, 900]);
  expect(backOffSeconds(20, 0.999)).toBeGreaterThanOrEqual(675);
  expect(backOffSeconds(20, 0.5)).toBeLessThan(900);
});
