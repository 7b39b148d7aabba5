import * as z from 'zod/mini';
import type { Aws } from '../api/request.ts';
import { callSqs } from './call-sqs.ts';

export interface SignedInboxOptions {
  readonly aws: Aws;
  readonly region: string;
  readonly queueUrl: string;
}

export interface ReceivedMessage {
  readonly body: string;
  readonly receipt: string;
}

/** A queue that Lambda does not read for us, because polling it all the time costs more than everything else on a quiet day. */
export interface SignedInbox {
  /** At most ten, and none that another reader has; does not wait for one. */
  receive(signal: AbortSignal): Promise<readonly ReceivedMessage[]>;
  remove(messages: readonly ReceivedMessage[], signal: AbortSignal): Promise<void>;
}

const Answer = z.object({
  Messages: z.optional(z.nullable(z.array(z.object({ Body: z.string(), ReceiptHandle: z.string() })))),
});

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export function signedInbox({ aws, region, queueUrl }: SignedInboxOptions): SignedInbox {
  return {
    async receive(signal) {
      const content = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 };
      const text = await callSqs({ aws, region }, { action: 'ReceiveMessage', content }, signal);
      const { Messages } = z.parse(Answer, JSON.parse(text));
      return (Messages ?? []).map(({ Body, ReceiptHandle }) => ({ body: Body, receipt: ReceiptHandle }));
    },
    async remove(messages, signal) {
      const Entries = messages.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
      const content = { QueueUrl: queueUrl, Entries };
      await callSqs({ aws, region }, { action: 'DeleteMessageBatch', content }, signal);
    },
  };
}
