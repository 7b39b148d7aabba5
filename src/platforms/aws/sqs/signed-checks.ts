import type { Checks } from '../../../deploy/ports/check-request.ts';
import { writeBody } from '../../../queue/body.ts';
import { unreachable } from './send.ts';
import type { SignedQueueOptions } from './signed-queue.ts';

/** SQS delays a message for at most 15 minutes. */
const LONGEST_DELAY_SECONDS = 900;

/** Sends each check with one signed request, so that functions load no SDK client. */
export function signedChecks({ aws, region, queueUrl }: Omit<SignedQueueOptions, 'randomId' | 'wait'>): Checks {
  return {
    async send(request, afterMs, signal) {
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' };
      const message = {
        QueueUrl: queueUrl,
        MessageBody: writeBody(request),
        DelaySeconds: Math.min(Math.max(Math.round(afterMs / 1000), 0), LONGEST_DELAY_SECONDS),
      };
      try {
        const { status, text } = await aws.call(
          { service: 'sqs', region, headers, body: JSON.stringify(message) },
          signal,
        );
        if (status !== 200) throw new Error(`SQS returned status ${status}: ${text.slice(0, 300)}`);
      } catch (cause) {
        throw unreachable(cause, 'the check queue');
      }
    },
  } satisfies Checks;
}
