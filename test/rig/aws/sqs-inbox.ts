import { randomUUID } from 'node:crypto';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { wait } from '../../../src/app/wait.ts';
import type { Checks } from '../../../src/deploy/ports/check-request.ts';
import type { Queue } from '../../../src/deploy/ports/queue.ts';
import { environmentCredentials } from '../../../src/platforms/aws/api/credentials.ts';
import { openAws } from '../../../src/platforms/aws/api/request.ts';
import { signedChecks } from '../../../src/platforms/aws/sqs/signed-checks.ts';
import { signedQueue } from '../../../src/platforms/aws/sqs/signed-queue.ts';
import type { Inbox } from '../../../src/queue/inbox.ts';
import { makeQueue, sqsAt } from './mapping.ts';
import type { MappedQueue } from './mapping.ts';
import { QUEUE_REGION, startQueueServer } from './queue-server.ts';

export interface SqsQueues {
  readonly deploy: Inbox & Queue;
  readonly dead: Inbox;
  readonly checks: Inbox & Checks;
  close(): Promise<void>;
}

/** The queues of serverless.yml: our adapter sends and hides, and AWS's client receives and removes as Lambda does. */
export async function openSqsQueues({ maxTries }: { readonly maxTries: number }): Promise<SqsQueues> {
  const server = await startQueueServer();
  const sqs = sqsAt(server.endpoint, QUEUE_REGION);
  const dead = await makeQueue(sqs, 'dead.fifo');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: maxTries });
  const deploy = await makeQueue(sqs, 'deploy.fifo', { RedrivePolicy });
  const checks = await makeQueue(sqs, 'checks');
  const credentials = environmentCredentials({ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' });
  const env = { AWS_ENDPOINT_URL_SQS: server.endpoint };
  const aws = openAws({ credentials, env, nowMs: Date.now, wait });
  const signed = ({ url }: MappedQueue) =>
    signedQueue({ aws, region: QUEUE_REGION, queueUrl: url, randomId: randomUUID, wait });
  return {
    deploy: { ...signed(deploy), ...received(sqs, deploy) },
    dead: { ...signed(dead), ...received(sqs, dead) },
    checks: {
      ...signed(checks),
      ...received(sqs, checks),
      ...signedChecks({ aws, region: QUEUE_REGION, queueUrl: checks.url }),
    },
    async close() {
      sqs.destroy();
      aws.close();
      await server.close();
    },
  };
}

function received(sqs: SQSClient, { url }: MappedQueue): Pick<Inbox, 'receive' | 'remove'> {
  return {
    async receive({ groups, visibilitySeconds, waitSeconds }, signal) {
      const command = new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(groups, 10),
        VisibilityTimeout: visibilitySeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['MessageGroupId', 'ApproximateReceiveCount'],
      });
      const { Messages = [] } = await sqs.send(command, { abortSignal: signal });
      return Messages.map(({ Body: body = '', ReceiptHandle: receipt = '', Attributes = {}, MessageId = '' }) => {
        const tries = Number(Attributes.ApproximateReceiveCount);
        return { body, receipt, group: Attributes.MessageGroupId ?? MessageId, tries };
      });
    },
    async remove(receipts) {
      const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    },
  };
}
