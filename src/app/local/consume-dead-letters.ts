import { deliveryOf } from '../../deploy/ports/request.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { reportDead } from '../../deploy/report/report-dead.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, ConsumerOptions } from '../../queue/consumer.ts';
import { readRequest } from '../../queue/message.ts';
import type { DeadLetter, DeadLetters } from '../../platforms/local/dead-letters.ts';

/** Records requests that failed too often for `headgate status`, and reports them on their commits. */
export function consumeDeadLetters({
  runtime,
  deadLetters,
  ...common
}: Omit<ConsumerOptions<DeployRequest>, 'read' | 'handler' | 'concurrency'> & {
  readonly runtime: Runtime;
  readonly deadLetters: DeadLetters;
}): Consumer {
  return consume<DeployRequest>({
    ...common,
    read: readRequest,
    concurrency: 1,
    async handler(requests, signal) {
      for (const request of requests) {
        const { target, trigger, hint } = request;
        deadLetters.add({
          target,
          delivery: deliveryOf(trigger),
          revision: hint?.revision ?? null,
          at: new Date(runtime.nowMs()).toISOString(),
        });
        // The dead letter is recorded, so a status that cannot be written is only logged.
        await reportDead(request, runtime, signal).catch((thrown: unknown) => {
          const errors = [asDeployError(thrown).problem];
          runtime.log({ level: 'warn', message: 'not-reported', target, errors });
        });
      }
      return { kind: 'done' };
    },
  });
}

/** A message that cannot be read has no target. */
export function deadLetterOfUnreadable(nowMs: number): DeadLetter {
  return { target: '(unreadable message)', delivery: '', revision: null, at: new Date(nowMs).toISOString() };
}
