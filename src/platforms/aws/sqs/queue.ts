import { setTimeout as pause } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import type { DeployRequest } from '../../../deploy/ports/request.ts';
import { DeployError } from '../../../error/deploy-error.ts';
import { readRequest } from '../../../queue/message.ts';
import { BATCH, sendRequests } from './send.ts';
import type { Entry } from './send.ts';
import type { Inbox, Received } from '../../../queue/inbox.ts';

export interface QueueOptions {
  /** Null: AWS itself, with its own way to find credentials. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly queueUrl: string;
  /** Random per request: doubles are harmless, and a redelivery must not be swallowed. */
  readonly randomId: () => string;
}

/** A FIFO queue of SQS, one message group per target. */
export interface SqsQueue extends Inbox {
  send(requests: readonly DeployRequest[], signal: AbortSignal): Promise<void>;
}

const wait = (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal });

export async function openQueue({ endpoint, region, queueUrl, randomId }: QueueOptions): Promise<SqsQueue> {
  const sqs = await import('@aws-sdk/client-sqs');
  const client = await openClient({ endpoint, region });
  const sendBatch = async (entries: readonly Entry[], signal: AbortSignal) => {
    const command = new sqs.SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...entries] });
    const { Failed = [] } = await client.send(command, { abortSignal: signal });
    return { ids: new Set(Failed.map(({ Id = '' }) => Id)), reason: Failed[0]?.Message ?? 'no reason given' };
  };
  return {
    ...(await openInbox(client, { queueUrl, read: readRequest })),
    send: (requests, signal) => sendRequests(requests, { randomId, wait, sendBatch }, signal),
  };
}

export async function openInbox<Request>(
  client: SQSClient,
  { queueUrl, read }: { queueUrl: string; read: (body: string) => Request | null },
): Promise<Inbox<Request>> {
  const sqs = await import('@aws-sdk/client-sqs');
  return {
    async receive({ visibilitySeconds, waitSeconds }, signal) {
      const command = new sqs.ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: visibilitySeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['MessageGroupId', 'ApproximateReceiveCount'],
      });
      const { Messages = [] } = await client.send(command, { abortSignal: signal });
      return Messages.map((message) => readMessage(message, read));
    },
    async hide(receipt, seconds) {
      const command = new sqs.ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receipt,
        VisibilityTimeout: Math.max(1, seconds),
      });
      await client.send(command).catch((cause: unknown) => Promise.reject(unsettled(cause)));
    },
    async remove(receipt) {
      const command = new sqs.DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt });
      await client.send(command).catch((cause: unknown) => Promise.reject(unsettled(cause)));
    },
    close: () => client.destroy(),
  };
}

/** The message comes again, to us or to another process, and is answered then: a double is harmless. */
function unsettled(cause: unknown): DeployError {
  return new DeployError('queue-unreachable', {
    subject: 'a message of the queue',
    message: `it could be neither kept nor taken out: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: 'Nothing is lost: it is handed out again. If that goes on, look at why the queue or this process is slow.',
    cause,
  });
}

/** A queue that accepts a request and never answers it would otherwise be waited for for ever; a poll takes 10 s. */
const PATIENCE = { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

export async function openClient({ endpoint, region }: Pick<QueueOptions, 'endpoint' | 'region'>): Promise<SQSClient> {
  const { SQSClient: Client } = await import('@aws-sdk/client-sqs');
  // The embedded queue checks no signature, and the SDK wants something to sign with.
  const local = endpoint === null ? {} : { endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  return new Client({ region, maxAttempts: 3, useQueueUrlAsEndpoint: false, requestHandler: PATIENCE, ...local });
}

function readMessage<Request>(message: Message, read: (body: string) => Request | null): Received<Request> {
  const { Body: body = '', ReceiptHandle: receipt = '', Attributes = {}, MessageId = '' } = message;
  const tries = Number(Attributes.ApproximateReceiveCount ?? 1);
  return { request: read(body), body, receipt, group: Attributes.MessageGroupId ?? MessageId, tries };
}

/** Creates what is not there yet: the FIFO queue, the one for its dead letters, and the one for checks. */
export async function createQueues({
  endpoint,
  region,
  maxReceiveCount,
}: {
  endpoint: string;
  region: string;
  maxReceiveCount: number;
}) {
  const { CreateQueueCommand, GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
  const client = await openClient({ endpoint, region });
  try {
    const fifo = { FifoQueue: 'true', MessageRetentionPeriod: String(14 * 24 * 3600) };
    const dead = await client.send(new CreateQueueCommand({ QueueName: 'headgate-dead.fifo', Attributes: fifo }));
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount });
    const deploy = await client.send(
      new CreateQueueCommand({ QueueName: 'headgate-deploy.fifo', Attributes: { ...fifo, RedrivePolicy } }),
    );
    // Standard: a check that waits must not hold up the next one of its target.
    const checks = await client.send(
      new CreateQueueCommand({
        QueueName: 'headgate-check',
        Attributes: { MessageRetentionPeriod: fifo.MessageRetentionPeriod },
      }),
    );
    return { deployUrl: deploy.QueueUrl ?? '', deadUrl: dead.QueueUrl ?? '', checkUrl: checks.QueueUrl ?? '' };
  } finally {
    client.destroy();
  }
}
