import { randomUUID } from 'node:crypto';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drainDeadLetters } from '../../../src/app/functions/drain-dead-letters.ts';
import { wait } from '../../../src/app/wait.ts';
import type { Queue } from '../../../src/deploy/ports/queue.ts';
import { environmentCredentials } from '../../../src/platforms/aws/api/credentials.ts';
import { openAws } from '../../../src/platforms/aws/api/request.ts';
import type { Aws } from '../../../src/platforms/aws/api/request.ts';
import { signedQueue } from '../../../src/platforms/aws/sqs/signed-queue.ts';
import { writeBody } from '../../../src/queue/messages/body.ts';
import { readRequest } from '../../../src/queue/messages/deploy-request.ts';
import { aRequest } from '../../queue/requests.ts';
import { makeQueue, sqsAt } from '../../rig/aws/mapping.ts';
import type { MappedQueue } from '../../rig/aws/mapping.ts';
import { QUEUE_REGION, startQueueServer } from '../../rig/aws/queue-server.ts';
import type { QueueServer } from '../../rig/aws/queue-server.ts';

const { signal } = new AbortController();

describe('the dead letters on AWS', () => {
  let server: QueueServer;
  let sqs: SQSClient;
  let aws: Aws;
  let queues: Readonly<Record<'deploy' | 'dead' | 'deadChecks', MappedQueue>>;
  let queue: Queue;
  const logged: string[] = [];

  beforeEach(async () => {
    logged.length = 0;
    server = await startQueueServer();
    sqs = sqsAt(server.endpoint, QUEUE_REGION);
    // In the stack it is a minute: the next sweep.
    const attributes = { VisibilityTimeout: '1' };
    queues = {
      deploy: await makeQueue(sqs, 'deploy.fifo'),
      dead: await makeQueue(sqs, 'dead.fifo', attributes),
      deadChecks: await makeQueue(sqs, 'dead-checks', attributes),
    };
    const credentials = environmentCredentials({ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
    aws = openAws({ credentials, env: { AWS_ENDPOINT_URL_SQS: server.endpoint }, nowMs: Date.now, wait });
    queue = signedQueue({ aws, region: QUEUE_REGION, queueUrl: queues.deploy.url, randomId: randomUUID, wait });
  });
  afterEach(async () => {
    sqs.destroy();
    aws.close();
    await server.close();
  });

  function drain(to: Queue): Promise<void> {
    const urls: Readonly<Record<string, string>> = {
      HEADGATE_DEPLOY_DEAD_QUEUE_URL: queues.dead.url,
      HEADGATE_CHECK_DEAD_QUEUE_URL: queues.deadChecks.url,
    };
    const log = ({ message }: { readonly message: string }) => void logged.push(message);
    return drainDeadLetters({ aws, region: QUEUE_REGION, variable: (name) => urls[name] ?? '', log }, to, signal);
  }

  /** Messages in a queue, also those that are hidden. */
  async function countIn({ url }: MappedQueue): Promise<number> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }),
    );
    return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
  }

  it('are reported twice, never lost, when the sweep dies between sending and removing them', async () => {
    const message = { MessageBody: writeBody(aRequest('shop', 'd-1')), MessageGroupId: 'shop' };
    await sqs.send(
      new SendMessageCommand({ QueueUrl: queues.dead.url, ...message, MessageDeduplicationId: randomUUID() }),
    );
    // Nothing after a death happens: here, what is sent is the last thing that does.
    await drain({
      async send(requests, until) {
        await queue.send(requests, until);
        throw new Error('killed');
      },
    });
    expect([await countIn(queues.deploy), await countIn(queues.dead)]).toEqual([1, 1]);

    await vi.waitFor(
      async () => {
        await drain(queue);
        expect([await countIn(queues.deploy), await countIn(queues.dead)]).toEqual([2, 0]);
      },
      { timeout: 10_000, interval: 200 },
    );
    const { Messages: [first] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queues.deploy.url }));
    const reported = { target: 'shop', trigger: { kind: 'delivery', id: 'd-1' }, gaveUp: true };
    expect(readRequest(first?.Body ?? '')).toMatchObject(reported);
    expect(logged).toEqual(['dead-letters-not-read']);
  });
});
