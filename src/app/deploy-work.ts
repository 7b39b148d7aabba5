import { readRequest } from '../queue/messages/deploy-request.ts';
import type { Handled, Work } from '../queue/work.ts';
import type { DeployRequest } from '../deploy/ports/request.ts';
import { runRequests } from '../deploy/requests/run-requests.ts';
import type { Runtime } from '../deploy/ports/runtime.ts';
import { asDeployError } from '../error/deploy-error.ts';

/** The work of the deploy queue where no consumer runs permanently: requests, and reports about those that were given up. */
export function deployWork(runtime: Runtime & AfterDeploy): Work<DeployRequest> {
  return {
    read: readRequest,
    keepUnreadable: null,
    async handler(requests, signal) {
      // A group holds requests of one kind (src/platforms/aws/sqs/send.ts).
      if (requests.some(({ gaveUp }) => gaveUp === true)) return reportGivenUp(requests, runtime, signal);
      const outcome = await runRequests(requests, runtime, signal);
      if (outcome.kind === 'done' && outcome.report?.verdict === 'deployed')
        await runtime.afterDeploy?.(requests, signal);
      return outcome;
    },
  };
}

export interface AfterDeploy {
  /** Called with the requests of a run that has deployed. Absent: nothing follows. */
  readonly afterDeploy?: (requests: readonly DeployRequest[], signal: AbortSignal) => Promise<void>;
}

/** The final status is retried until it is written. */
export async function reportGivenUp(
  requests: readonly DeployRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Handled> {
  const { recordDead } = await import('../deploy/requests/record-dead.ts');
  try {
    for (const request of requests) await recordDead(request, runtime, signal);
    return { kind: 'done' };
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'warn', message: 'not-reported', target: requests[0]?.target, errors });
    return { kind: 'retry', afterMs: null };
  }
}
