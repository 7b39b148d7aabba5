import type { CheckRequest, Checks } from '../../../deploy/ports/check-request.ts';
import { delaySeconds, readCheck } from '../../../queue/check-message.ts';
import { openClient, openInbox } from './queue.ts';
import { bodyOf, unreachable } from './send.ts';
import type { Inbox } from '../../../queue/inbox.ts';

export interface CheckQueueOptions {
  /** Null: AWS itself, with its own way to find credentials. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly queueUrl: string;
}

/** A standard queue of SQS: what waits there holds up nobody. */
export interface CheckQueue extends Inbox<CheckRequest>, Checks {}

export async function openCheckQueue({ endpoint, region, queueUrl }: CheckQueueOptions): Promise<CheckQueue> {
  const { SendMessageCommand } = await import('@aws-sdk/client-sqs');
  const client = await openClient({ endpoint, region });
  return {
    ...(await openInbox(client, { queueUrl, read: readCheck })),
    async send(request, afterMs, signal) {
      const command = new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: bodyOf(request),
        DelaySeconds: delaySeconds(afterMs),
      });
      try {
        await client.send(command, { abortSignal: signal });
      } catch (cause) {
        throw unreachable(cause, 'the check queue');
      }
    },
  };
}
