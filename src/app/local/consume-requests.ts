import { runRequests } from '../../deploy/requests/run-requests.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import type { PlanQueue } from '../../deploy/ports/githost/plan-request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { Servers } from '../../exchange/servers.ts';
import { consume } from '../../queue/consumer.ts';
import type { Consumer, QueueOptions } from '../../queue/consumer.ts';
import { readRequest } from '../../queue/messages/deploy-request.ts';
import type { DeadLetters } from '../../platforms/local/dead-letters.ts';
import { serversOf } from '../servers-of.ts';
import { requestRefresh } from '../work/request-refresh.ts';
import { DEPLOY_SLOTS } from '../../queue/slots.ts';

/** Runs deploy requests until it is stopped. A deploy clears the dead letters of its target. */
export function consumeRequests({
  runtime,
  deadLetters,
  plans,
  ...common
}: QueueOptions<DeployRequest> & {
  readonly runtime: Runtime & { readonly servers: Servers };
  readonly deadLetters: DeadLetters;
  readonly plans: PlanQueue;
}): Consumer {
  return consume<DeployRequest>({
    ...common,
    read: readRequest,
    slots: { limits: DEPLOY_SLOTS, conditionOf: runtime.servers.conditionOf },
    serversOf: (request) => serversOf(request, runtime.config),
    async handler(requests, signal) {
      const outcome = await runRequests(requests, runtime, signal);
      if (outcome.kind === 'retry') return outcome;
      const isForTip = requests.some(({ drift }) => drift === undefined);
      if (outcome.report?.verdict === 'deployed') await requestRefresh(requests, { ...runtime, plans }, signal);
      const isDeployed = outcome.report?.verdict === 'deployed' || outcome.report?.verdict === 'unchanged';
      if (isForTip && isDeployed) clear(requests[0]?.target ?? '');
      return { kind: 'done' };
    },
  });

  /** A failure is only logged, because a retry would deploy again. */
  function clear(target: string): void {
    try {
      deadLetters.clear(target);
    } catch (thrown) {
      const errors = [asDeployError(thrown).problem];
      common.log({ level: 'warn', message: 'dead-letter-not-cleared', target, errors });
    }
  }
}
