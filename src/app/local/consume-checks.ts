import { checkAll } from '../../deploy/readiness/check.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { readCheck } from '../../queue/check-message.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';

/** Checks mostly wait, so many run at once. */
const CONCURRENCY = 32;

/** Runs checks until it is stopped, and queues those that have to continue. */
export function consumeChecks({
  runtime,
  ...common
}: QueueOptions<CheckRequest> & { readonly runtime: Runtime }): Consumer {
  return consume<CheckRequest>({
    ...common,
    read: readCheck,
    concurrency: CONCURRENCY,
    async handler(requests, signal) {
      await checkAll(requests, runtime, signal);
      return { kind: 'done' };
    },
  });
}
