import type { Checks } from '../../../deploy/ports/check-request.ts';
import { delaySeconds } from '../../../queue/check-message.ts';
import { bodyOf, unreachable } from './send.ts';
import type { SignedQueueOptions } from './signed-queue.ts';

/** Sends checks by one signed request each: functions load no client for it. */
export function signedChecks({ aws, region, queueUrl }: Omit<SignedQueueOptions, 'randomId' | 'wait'>): Checks {
  return {
    async send(request, afterMs, signal) {
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' };
      const message = {
        QueueUrl: queueUrl,
        MessageBody: bodyOf(request),
        DelaySeconds: delaySeconds(afterMs),
      };
      try {
        const { status, text } = await aws.call(
          { service: 'sqs', region, headers, body: JSON.stringify(message) },
          signal,
        );
        if (status !== 200) throw new Error(`SQS answers ${status}: ${text.slice(0, 300)}`);
      } catch (cause) {
        throw unreachable(cause, 'the check queue');
      }
    },
  };
}
