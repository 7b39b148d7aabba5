import { setTimeout as pause } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { DeployRequest } from '../deploy/request.ts';
import { DeployError } from '../error/deploy-error.ts';
import { asObjectId, asRevision } from '../resource/source.ts';

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

/** SQS takes this many entries in a batch. */
const BATCH = 10;
const SEND_TRIES = 3;

export async function openQueue({ endpoint, region, queueUrl, randomId }: QueueOptions): Promise<SqsQueue> {
  const sqs = await import('@aws-sdk/client-sqs');
  const client = await openClient({ endpoint, region });
  return {
    async send(requests, signal) {
      for (let at = 0; at < requests.length; at += BATCH) {
        await sendBatch(client, { queueUrl, requests: requests.slice(at, at + BATCH), randomId }, signal);
      }
    },
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

async function sendBatch(
  client: SQSClient,
  { queueUrl, requests, randomId }: { queueUrl: string; requests: readonly DeployRequest[]; randomId: () => string },
  signal: AbortSignal,
): Promise<void> {
  const { SendMessageBatchCommand } = await import('@aws-sdk/client-sqs');
  let entries = requests.map((request, index) => ({
    Id: String(index),
    MessageBody: JSON.stringify(request),
    MessageGroupId: request.target,
    MessageDeduplicationId: randomId(),
  }));
  for (let tries = 1; ; tries += 1) {
    try {
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), {
        abortSignal: signal,
      });
      const failed = new Set(Failed.map(({ Id }) => Id));
      entries = entries.filter(({ Id }) => failed.has(Id));
      if (entries.length === 0) return;
      if (tries === SEND_TRIES)
        throw new Error(`${entries.length} messages were not taken: ${Failed[0]?.Message ?? 'no reason given'}`);
    } catch (cause) {
      if (tries === SEND_TRIES || signal.aborted) throw unreachable(cause);
    }
    await pause(100 * 2 ** tries, undefined, { signal }).catch((cause: unknown) => Promise.reject(unreachable(cause)));
  }
}

function unreachable(cause: unknown): DeployError {
  return new DeployError('queue-unreachable', {
    subject: 'the deploy queue',
    message: `it does not take messages: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: 'Nothing is lost: the sweep finds the push. Look at why the queue does not answer.',
    cause,
  });
}

const Body = z.object({
  target: z.string().min(1),
  delivery: z.string(),
  hint: z
    .object({
      revision: z
        .string()
        .transform((text) => asRevision(text))
        .pipe(z.custom<NonNullable<DeployRequest['hint']>['revision']>((id) => id !== null)),
      rootTree: z
        .string()
        .nullable()
        .transform((text) => asObjectId(text ?? '')),
      // A message of a version that did not say so.
      isForced: z.boolean().default(true),
    })
    .nullable(),
  at: z.string(),
  drift: z
    .object({
      suspects: z.union([z.array(z.object({ object: z.string(), file: z.string() })), z.literal('all')]),
      resting: z.number(),
    })
    .optional(),
});

function readMessage({ Body: body = '', ReceiptHandle: receipt = '', Attributes = {} }: Message): Received {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    content = undefined;
  }
  const parsed = Body.safeParse(content);
  const tries = Number(Attributes.ApproximateReceiveCount ?? 1);
  return { request: parsed.success ? parsed.data : null, body, receipt, group: Attributes.MessageGroupId ?? '', tries };
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
