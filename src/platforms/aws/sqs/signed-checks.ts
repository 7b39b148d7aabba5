import type { Checks } from '../../../deploy/ports/check-request.ts';
import { writeBody } from '../../../queue/messages/body.ts';
import { callSqs } from './call-sqs.ts';
import { unreachable } from './send.ts';
import type { SignedQueueOptions } from './signed-queue.ts';

/** SQS delays a message for at most 15 minutes. */
const LONGEST_DELAY_SECONDS = 900;

/** Sends each check with one signed request, so that functions load no SDK client. */
export function signedChecks({ aws, region, queueUrl }: Omit<SignedQueueOptions, 'randomId' | 'wait'>): Checks {
  return {
    async send(request, afterMs, signal) {
      const content = {
        QueueUrl: queueUrl,
        MessageBody: writeBody(request),
        DelaySeconds: Math.min(Math.max(Math.round(afterMs / 1000), 0), LONGEST_DELAY_SECONDS),
      };
      try {
        await callSqs({ aws, region }, { action: 'SendMessage', content }, signal);
      } catch (cause) {
        throw unreachable(cause, 'the check queue');
      }
    },
  } satisfies Checks;
}
