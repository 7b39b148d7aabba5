import { randomUUID } from 'node:crypto';
import { SendMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readBatch, serveBatch } from '../../src/queue/batch.ts';
import type { BatchOptions } from '../../src/queue/batch.ts';
import { environmentCredentials } from '../../src/platforms/aws/api/credentials.ts';
import { readRequest } from '../../src/queue/messages/deploy-request.ts';
import { openAws } from '../../src/platforms/aws/api/request.ts';
import type { Aws } from '../../src/platforms/aws/api/request.ts';
import { signedQueue } from '../../src/platforms/aws/sqs/signed-queue.ts';
import type { SignedQueue } from '../../src/platforms/aws/sqs/signed-queue.ts';
import { deliveryOf } from '../../src/deploy/ports/request.ts';
import type { DeployRequest } from '../../src/deploy/ports/request.ts';
import { wait } from '../../src/app/wait.ts';
import { eventOf, makeQueue, sqsAt, startMapping } from '../rig/aws/mapping.ts';
import type { MappedQueue } from '../rig/aws/mapping.ts';
import { QUEUE_REGION, startQueueServer } from '../rig/aws/queue-server.ts';
import type { QueueServer } from '../rig/aws/queue-server.ts';
import { aRequest } from './requests.ts';

const signal = new AbortController().signal;

let server: QueueServer;
let sqs: SQSClient;
let deploy: MappedQueue;
let dead: MappedQueue;
let aws: Aws;
let queue: SignedQueue;
let logged: Parameters<BatchOptions<DeployRequest>['log']>[0][];
const mappings: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  server = await startQueueServer();
  sqs = sqsAt(server.endpoint, QUEUE_REGION);
  dead = await makeQueue(sqs, 'dead.fifo');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
  deploy = await makeQueue(sqs, 'deploy.fifo', { RedrivePolicy, VisibilityTimeout: '1800' });
  const credentials = environmentCredentials({ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
  const env = { AWS_ENDPOINT_URL_SQS: server.endpoint };
  aws = openAws({ credentials, env, nowMs: Date.now, wait });
  queue = signedQueue({ aws, region: QUEUE_REGION, queueUrl: deploy.url, randomId: randomUUID, wait });
  logged = [];
});

afterEach(async () => {
  await Promise.all(mappings.splice(0).map((mapping) => mapping.stop()));
  sqs.destroy();
  aws.close();
  await server.close();
});

type Options = BatchOptions<DeployRequest>;
type Work = Options['handler'];

const slotsFor = (answering: number): Options['slots'] => ({
  limits: { answering, unproven: 0, silent: 0, perServer: 0 },
  conditionOf: () => 'answering',
});

function options(handler: Work, more: Partial<Options> = {}): Options {
  return {
    queue,
    remove: null,
    read: readRequest,
    keepUnreadable: null,
    handler,
    slots: slotsFor(4),
    serversOf: () => [],
    log: (line) => logged.push(line),
    wait,
    random: () => 0,
    ...more,
  };
}

function serving(handler: Work): void {
  mappings.push(
    startMapping(sqs, deploy, (event) =>
      serveBatch(readBatch(event), options(handler, { remove: (receipts) => queue.remove(receipts) }), signal),
    ),
  );
}

/** Messages as SQS may deliver them together: fauxqs delivers one of a group at a time. */
function byHand(...messages: readonly { readonly group: string; readonly body: string }[]) {
  return eventOf(
    messages.map(({ group, body }, index) => ({
      MessageId: `m${index}`,
      ReceiptHandle: `r${index}`,
      Body: body,
      Attributes: { MessageGroupId: group, ApproximateReceiveCount: '3' },
    })),
    deploy.arn,
  );
}

/** A queue that only records what is hidden, for the batches above. */
function noting() {
  const hidden: (readonly [string, number])[] = [];
  const hide = (receipts: readonly string[], seconds: number) => {
    hidden.push(...receipts.map((receipt) => [receipt, seconds] as const));
    return Promise.resolve(new Set<string>());
  };
  return { hidden, queue: { hide } };
}

async function receiveFrom({ url }: MappedQueue) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 0, MaxNumberOfMessages: 10 }),
  );
  return Messages;
}

describe('a batch', () => {
  it('does one run for all messages of a target, and runs of different targets concurrently', async () => {
    const seen: string[] = [];
    const both = Promise.withResolvers<void>();
    const event = byHand(
      { group: 'a', body: JSON.stringify(aRequest('a', '1')) },
      { group: 'b', body: JSON.stringify(aRequest('b', '1')) },
      { group: 'a', body: JSON.stringify(aRequest('a', '2')) },
    );
    const handler: Work = async (requests) => {
      seen.push(requests.map(({ target, trigger }) => `${target}${deliveryOf(trigger)}`).join('+'));
      if (seen.length === 2) both.resolve();
      await both.promise;
      return { kind: 'done' };
    };
    const answer = await serveBatch(readBatch(event), options(handler, { queue: noting().queue }), signal);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(seen.toSorted()).toEqual(['a1+a2', 'b1']);
  });

  it('gives back every message of the target whose run failed, for a retry within a minute', async () => {
    const { hidden, queue: noted } = noting();
    const event = byHand(
      { group: 'a', body: JSON.stringify(aRequest('a', '1')) },
      { group: 'b', body: JSON.stringify(aRequest('b')) },
      { group: 'a', body: JSON.stringify(aRequest('a', '2')) },
    );
    const pausesMs = new Map([['a', 600_000]]);
    const handler: Work = async ([request]) => {
      const afterMs = pausesMs.get(request?.target ?? '');
      return afterMs === undefined ? { kind: 'done' } : { kind: 'retry', afterMs };
    };
    const answer = await serveBatch(readBatch(event), options(handler, { queue: noted }), signal);
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm0' }, { itemIdentifier: 'm2' }]);
    expect(hidden).toEqual([
      ['r0', 30],
      ['r1', 30],
      ['r2', 30],
      ['r0', 60],
      ['r2', 60],
    ]);
  });

  it('waits longer after every attempt when the handler names no pause', async () => {
    const { hidden, queue: noted } = noting();
    const event = byHand({ group: 'a', body: JSON.stringify(aRequest('a')) });
    const handler: Work = () => Promise.reject(new Error('broken'));
    await serveBatch(readBatch(event), options(handler, { queue: noted }), signal);
    expect(hidden.at(-1)).toEqual(['r0', 4]);
    expect(logged).toMatchObject([{ message: 'handler-failed', target: 'a' }]);
  });

  it('handles the other requests of a batch with an unreadable message', async () => {
    const event = byHand({ group: 'a', body: 'nonsense' }, { group: 'a', body: JSON.stringify(aRequest('a')) });
    let runs = 0;
    const handler: Work = async () => {
      runs += 1;
      return { kind: 'done' };
    };
    const answer = await serveBatch(readBatch(event), options(handler, { queue: noting().queue }), signal);
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm0' }]);
    expect(runs).toBe(1);
    expect(logged).toMatchObject([{ message: 'not-a-request', length: 8 }]);
  });

  it('removes an unreadable message from the last queue', async () => {
    const kept: string[] = [];
    const event = byHand({ group: 'a', body: 'nonsense' });
    const handler: Work = () => Promise.reject(new Error('there is nothing to do'));
    const answer = await serveBatch(
      readBatch(event),
      options(handler, { queue: noting().queue, keepUnreadable: async (body) => void kept.push(body) }),
      signal,
    );
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(kept).toEqual(['nonsense']);
    expect(logged).toMatchObject([{ message: 'not-a-request' }]);
  });

  it('starts nothing after the deadline, and hides interrupted messages until the invocation has ended', async () => {
    const { hidden, queue: noted } = noting();
    const event = byHand(
      { group: 'a', body: JSON.stringify(aRequest('a')) },
      { group: 'b', body: JSON.stringify(aRequest('b')) },
    );
    const deadline = new AbortController();
    const begun: string[] = [];
    const handler: Work = ([request], stopped) => {
      begun.push(request?.target ?? '');
      return new Promise((_resolve, reject) => {
        stopped.addEventListener('abort', () => reject(new Error('interrupted')));
        deadline.abort();
      });
    };
    const answer = await serveBatch(
      readBatch(event),
      options(handler, { queue: noted, slots: slotsFor(1) }),
      deadline.signal,
    );
    expect(begun).toEqual(['a']);
    expect(answer.batchItemFailures).toHaveLength(2);
    expect(hidden.slice(-2)).toEqual([
      ['r0', 1],
      ['r1', 1],
    ]);
  });

  it('keeps a message that is done hidden until the batch ends, when it cannot be removed', async () => {
    const event = byHand(
      { group: 'quick', body: JSON.stringify(aRequest('quick')) },
      { group: 'slow', body: JSON.stringify(aRequest('slow')) },
    );
    const slow = Promise.withResolvers<void>();
    const rounds: number[] = [];
    const spy = {
      hide: async (receipts: readonly string[]) => {
        rounds.push(receipts.length);
        if (rounds.length === 3) slow.resolve();
        return new Set<string>();
      },
    };
    const handler: Work = async ([request]) => {
      if (request?.target === 'slow') await slow.promise;
      return { kind: 'done' };
    };
    const remove = () => Promise.reject(new Error('SQS does not answer'));
    const more = { queue: spy, remove, wait: () => new Promise<void>((resolve) => setImmediate(resolve)) };
    const answer = await serveBatch(readBatch(event), options(handler, more), signal);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(rounds.slice(0, 3)).toEqual([2, 2, 2]);
    expect(logged).toMatchObject([{ level: 'warn', message: 'not-removed' }]);
  });

  it('interrupts the run of a message that another process may have received', async () => {
    const event = byHand({ group: 'a', body: JSON.stringify(aRequest('a')) });
    const hide = (receipts: readonly string[]) => Promise.resolve(new Set(receipts));
    const handler: Work = (_requests, stopped) =>
      new Promise((_resolve, reject) => {
        if (stopped.aborted) reject(new Error('lost'));
        stopped.addEventListener('abort', () => reject(new Error('lost')));
      });
    const answer = await serveBatch(readBatch(event), options(handler, { queue: { hide } }), signal);
    expect(answer.batchItemFailures).toHaveLength(1);
  });
});

describe('a batch of a real queue', () => {
  it('delivers a failed message again until it is a dead letter, and handles the others', async () => {
    await queue.send([aRequest('a'), aRequest('b')], signal);
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: deploy.url,
        MessageBody: 'nonsense',
        MessageGroupId: 'c',
        MessageDeduplicationId: randomUUID(),
      }),
    );
    const done: string[] = [];
    serving(async ([request]) => {
      if (request?.target === 'a') return { kind: 'retry', afterMs: 0 };
      done.push(request?.target ?? '');
      return { kind: 'done' };
    });
    const letters: string[] = [];
    await vi.waitFor(async () => {
      letters.push(...(await receiveFrom(dead)).map(({ Body = '' }) => (Body.startsWith('{') ? 'a' : Body)));
      expect(letters.toSorted()).toEqual(['a', 'nonsense']);
    }, 10_000);
    expect(done).toEqual(['b']);
  });

  it('removes the messages of a target that is done while another one runs, so that its next push does not wait', async () => {
    await queue.send([aRequest('quick', '1'), aRequest('slow')], signal);
    const seen: string[] = [];
    const slow = Promise.withResolvers<void>();
    serving(async ([request]) => {
      seen.push(`${request?.target}${request === undefined ? '' : deliveryOf(request.trigger)}`);
      if (request?.target === 'slow') await slow.promise;
      return { kind: 'done' };
    });
    await vi.waitFor(() => expect(seen).toHaveLength(2), 5_000);
    await queue.send([aRequest('quick', '2')], signal);
    await vi.waitFor(
      () => expect(seen.filter((each) => each.startsWith('quick'))).toEqual(['quick1', 'quick2']),
      5_000,
    );
    slow.resolve();
  });

  it('is hidden for half a minute, whatever the visibility timeout of the queue is', async () => {
    await queue.send([aRequest('a')], signal);
    const [message] = await receiveFrom(deploy);
    const sent: number[] = [];
    const spy = {
      hide: (receipts: readonly string[], seconds: number, until: AbortSignal) => {
        sent.push(seconds);
        return queue.hide(receipts, seconds, until);
      },
    };
    const event = eventOf(
      [{ ...message, Attributes: { MessageGroupId: 'a', ApproximateReceiveCount: '1' } }],
      deploy.arn,
    );
    const answer = await serveBatch(
      readBatch(event),
      options(() => Promise.resolve({ kind: 'retry', afterMs: 1000 }), { queue: spy }),
      signal,
    );
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: message?.MessageId }]);
    expect(sent).toEqual([30, 1]);
    await vi.waitFor(async () => expect(await receiveFrom(deploy)).toHaveLength(1), 5000);
  });

  it('fails in bounded time for a queue that does not exist', async () => {
    const lost = signedQueue({
      aws,
      region: QUEUE_REGION,
      queueUrl: `${server.endpoint}/000000000000/none`,
      randomId: randomUUID,
      wait,
    });
    await expect(lost.send([aRequest('a')], signal)).rejects.toMatchObject({ code: 'queue-unreachable' });
  });
});
