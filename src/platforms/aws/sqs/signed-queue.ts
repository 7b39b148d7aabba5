import * as z from 'zod/mini';
import type { Queue } from '../../../deploy/ports/queue.ts';
import type { Removal, Visibility } from '../../../queue/inbox.ts';
import type { Aws } from '../api/request.ts';
import { callSqs } from './call-sqs.ts';
import { sendAll, sendRequests } from './send.ts';
import type { BatchEntry, RefusedEntries, GroupedBody } from './send.ts';

export interface SignedQueueOptions {
  readonly aws: Aws;
  readonly region: string;
  readonly queueUrl: string;
  readonly randomId: () => string;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** An SQS queue as functions use it, without an SDK client. Lambda receives the messages. */
export interface SignedQueue extends Queue, Visibility, Removal {
  /** Sends messages of the work queue. @throws DeployError `queue-unreachable` */
  sendAll(messages: readonly GroupedBody[], signal: AbortSignal): Promise<void>;
}

const REMOVE_MS = 5_000;

const Answer = z.object({
  Failed: z.optional(z.nullable(z.array(z.object({ Id: z.string(), Message: z.optional(z.string()) })))),
});

export function signedQueue({ aws, region, queueUrl, randomId, wait }: SignedQueueOptions): SignedQueue {
  const entriesOf = (receipts: readonly string[], more?: object) =>
    receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, ...more }));

  async function call(action: string, entries: readonly object[], signal: AbortSignal): Promise<RefusedEntries> {
    const text = await callSqs({ aws, region }, { action, content: { QueueUrl: queueUrl, Entries: entries } }, signal);
    const { Failed } = z.parse(Answer, JSON.parse(text));
    const failed = Failed ?? [];
    return { ids: new Set(failed.map(({ Id }) => Id)), reason: failed[0]?.Message ?? 'no reason given' };
  }

  const sendBatch = (entries: readonly BatchEntry[], signal: AbortSignal) => call('SendMessageBatch', entries, signal);
  const sending = { randomId, wait, sendBatch };
  return {
    send: (requests, signal) => sendRequests(requests, sending, signal),
    sendAll: (messages, signal) => sendAll(messages, { ...sending, named: 'the work queue' }, signal),
    async hide(receipts, seconds, signal) {
      const entries = entriesOf(receipts, { VisibilityTimeout: seconds });
      const { ids } = await call('ChangeMessageVisibilityBatch', entries, signal);
      return new Set(receipts.filter((_receipt, index) => ids.has(String(index))));
    },
    async remove(receipts) {
      await call('DeleteMessageBatch', entriesOf(receipts), AbortSignal.timeout(REMOVE_MS));
    },
  } satisfies SignedQueue;
}
