import { consume } from '../../queue/consumer.ts';
import type { Consumer, ConsumerOptions } from '../../queue/consumer.ts';
import type { CheckQueue } from '../../platforms/aws/sqs/check-queue.ts';
import { checkAll } from '../../deploy/readiness/check.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';

/** A check mostly waits, so many go on side by side. */
const CONCURRENCY = 32;

/** Takes checks for as long as it is not stopped, and sends on what has to be looked at later. */
export function consumeChecks({
  queue,
  runtime,
  ...common
}: Omit<ConsumerOptions<CheckRequest>, 'handler' | 'concurrency' | 'queue'> & {
  readonly queue: CheckQueue;
  readonly runtime: Runtime;
}): Consumer {
  return consume<CheckRequest>({
    ...common,
    queue,
    concurrency: CONCURRENCY,
    async handler(requests, signal) {
      try {
        await checkAll(requests, runtime, signal);
        return { kind: 'done' };
      } catch (thrown) {
        // Stopped in the middle of a wait: the next process goes on.
        if (signal.aborted) return { kind: 'retry', afterMs: 0 };
        throw thrown;
      }
    },
  });
}
