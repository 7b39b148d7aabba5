import { deliveryOf } from '../../deploy/ports/request.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { reportDead } from '../../deploy/report/report-dead.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Servers } from '../../exchange/servers.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';
import { readRequest } from '../../queue/messages/deploy-request.ts';
import type { SlotLimits } from '../../queue/slots.ts';
import { serversOf } from '../servers-of.ts';
import type { DeadLetter, DeadLetters } from '../../platforms/local/dead-letters.ts';

/** Each writes one commit status, if its Git host answers. */
const LIMITS: SlotLimits = { answering: 1, unproven: 4, silent: 16, perServer: 1 };

/** Records requests that failed too often for `headgate status`, and reports them on their commits. */
export function consumeDeadLetters({
  runtime,
  deadLetters,
  ...common
}: QueueOptions<DeployRequest> & {
  readonly runtime: Runtime & { readonly servers: Servers };
  readonly deadLetters: DeadLetters;
}): Consumer {
  return consume<DeployRequest>({
    ...common,
    read: readRequest,
    slots: { limits: LIMITS, conditionOf: runtime.servers.conditionOf },
    serversOf: (request) => serversOf(request, runtime.config),
    async handler(requests, signal) {
      for (const { target, trigger, hint } of requests) {
        deadLetters.add({
          target,
          delivery: deliveryOf(trigger),
          revision: hint?.revision ?? null,
          at: new Date(runtime.nowMs()).toISOString(),
        });
      }
      // Side by side: together they have one grace period when the process stops.
      await Promise.all(requests.map((request) => reportOrLog(request, runtime, signal)));
      return { kind: 'done' };
    },
  });
}

/** The dead letter is recorded, so a status that cannot be written is only logged. */
async function reportOrLog(request: DeployRequest, runtime: Runtime, signal: AbortSignal): Promise<void> {
  await reportDead(request, runtime, signal).catch((thrown: unknown) => {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'warn', message: 'not-reported', target: request.target, errors });
  });
}

/** A message that cannot be read has no target. */
export function deadLetterOfUnreadable(nowMs: number): DeadLetter {
  return { target: '(unreadable message)', delivery: '', revision: null, at: new Date(nowMs).toISOString() };
}
