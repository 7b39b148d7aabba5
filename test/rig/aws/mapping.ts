import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { setTimeout as pause } from 'node:timers/promises';

export interface MappedQueue {
  readonly url: string;
  readonly arn: string;
}

export function sqsAt(endpoint: string, region: string): SQSClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new SQSClient({ endpoint, region, credentials, useQueueUrlAsEndpoint: false });
}

export async function makeQueue(
  sqs: SQSClient,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<MappedQueue> {
  const fifo = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { ...fifo, ...attributes } }),
  );
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
  return { url, arn: Attributes?.QueueArn ?? '' };
}

/** A batch as Lambda passes it to a function. */
export function eventOf(messages: readonly Message[], arn: string) {
  return {
    Records: messages.map(({ MessageId, ReceiptHandle, Body, Attributes = {} }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes,
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: arn,
      awsRegion: arn.split(':')[3],
    })),
  };
}

/**
 * What Lambda's event source mapping does: receives up to ten, invokes, deletes what did not fail. An invocation that
 * fails as a whole, or reports what it was not given, deletes nothing; visibility is left to the handler and the queue.
 */
export function startMapping(
  sqs: SQSClient,
  { url, arn }: MappedQueue,
  invoke: (event: ReturnType<typeof eventOf>) => Promise<unknown>,
) {
  const stopping = new AbortController();

  async function once(): Promise<void> {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages: messages = [] } = await sqs.send(command, { abortSignal: stopping.signal });
    if (messages.length === 0) return;
    const failed = await invoke(eventOf(messages, arn)).then(failuresOf, () => null);
    if (failed === null || failed.some((id) => !messages.some(({ MessageId }) => MessageId === id))) return;
    for (const { MessageId = '', ReceiptHandle } of messages) {
      if (!failed.includes(MessageId)) await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) await once().catch(() => pause(50));
  }

  // Two pollers, so that one slow batch does not hold up the others.
  const polled = Promise.all([poll(), poll()]);
  return {
    async stop() {
      stopping.abort();
      await polled;
    },
  };
}

function failuresOf(answer: unknown): readonly string[] {
  const { batchItemFailures } = answer as { batchItemFailures: readonly { itemIdentifier: string }[] };
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}
