import { setTimeout as pause } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import type { DeployRequest } from '../deploy/request.ts';
import { readRequest } from './message.ts';
import { BATCH, sendRequests } from './send.ts';
import type { Entry } from './send.ts';

export interface QueueOptions {
  /** Null: AWS itself, with its own way to find credentials. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly queueUrl: string;
  /** Random per request: doubles are harmless, and a redelivery must not be swallowed. */
  readonly randomId: () => string;
}

/** A message as it was received; `request` is null when it is none of ours. */
export interface Received {
  readonly request: DeployRequest | null;
  readonly body: string;
  readonly receipt: string;
  readonly group: string;
  /** How often it was handed out, this time included. */
  readonly tries: number;
}

/** A FIFO queue of SQS, one message group per target. */
export interface SqsQueue {
  send(requests: readonly DeployRequest[], signal: AbortSignal): Promise<void>;
  receive(
    options: { visibilitySeconds: number; waitSeconds: number },
    signal: AbortSignal,
  ): Promise<readonly Received[]>;
  /** Hides a message for so long from now: a second at least, because fauxqs 2.4.1 loses a message that is given back with 0. */
  hide(receipt: string, seconds: number): Promise<void>;
  remove(receipt: string): Promise<void>;
  close(): void;
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
    send: (requests, signal) => sendRequests(requests, { randomId, wait, sendBatch }, signal),
    async receive({ visibilitySeconds, waitSeconds }, signal) {
      const command = new sqs.ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: visibilitySeconds,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['MessageGroupId', 'ApproximateReceiveCount'],
      });
      const { Messages = [] } = await client.send(command, { abortSignal: signal });
      return Messages.map((message) => readMessage(message));
    },
    async hide(receipt, seconds) {
      await client.send(
        new sqs.ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receipt,
          VisibilityTimeout: Math.max(1, seconds),
        }),
      );
    },
    async remove(receipt) {
      await client.send(new sqs.DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt }));
    },
    close: () => client.destroy(),
  };
}

async function openClient({ endpoint, region }: Pick<QueueOptions, 'endpoint' | 'region'>): Promise<SQSClient> {
  const { SQSClient: Client } = await import('@aws-sdk/client-sqs');
  // The embedded queue checks no signature, and the SDK wants something to sign with.
  const local = endpoint === null ? {} : { endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  return new Client({ region, maxAttempts: 3, useQueueUrlAsEndpoint: false, ...local });
}

function readMessage({ Body: body = '', ReceiptHandle: receipt = '', Attributes = {} }: Message): Received {
  const tries = Number(Attributes.ApproximateReceiveCount ?? 1);
  return { request: readRequest(body), body, receipt, group: Attributes.MessageGroupId ?? '', tries };
}

/** Creates what is not there yet: the FIFO queue and the one for its dead letters. */
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
    return { deployUrl: deploy.QueueUrl ?? '', deadUrl: dead.QueueUrl ?? '' };
  } finally {
    client.destroy();
  }
}
