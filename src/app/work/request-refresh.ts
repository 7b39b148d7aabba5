import type { Config } from '../../config/checked/config.ts';
import type { Log } from '../../deploy/ports/log.ts';
import { planGroupOf } from '../../deploy/ports/githost/plan-request.ts';
import type { PlanQueue } from '../../deploy/ports/githost/plan-request.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { resolveRecipient } from '../../deploy/targets/resolve-recipient.ts';
import { asDeployError } from '../../error/deploy-error.ts';

const REFRESH_AFTER_MS = 1_000;

interface Refreshing {
  readonly config: Config;
  readonly plans: PlanQueue;
  readonly log: Log;
}

/**
 * A deploy moved the branch under its pull requests: requests new plans of those that share its target. Soon is enough: the
 * targets of one push are deployed at about the same time. A failure is only logged.
 */
export async function requestRefresh(
  [request]: readonly DeployRequest[],
  { config, plans, log }: Refreshing,
  signal: AbortSignal,
): Promise<void> {
  const resolved = request === undefined ? null : resolveRecipient(request, config);
  if (request === undefined || resolved?.kind !== 'target' || !resolved.target.repository.pullRequests.plan) return;
  const { name: repository } = resolved.target.repository;
  const { trigger, at, target: name } = request;
  const target = planGroupOf(repository, null);
  const refreshed = { kind: 'refresh', target, repository, trigger, at, deployed: [name] } as const;
  await plans.send([refreshed], REFRESH_AFTER_MS, signal).catch((thrown: unknown) => {
    const errors = [asDeployError(thrown).problem];
    log({ level: 'warn', message: 'plans-not-refreshed', target: name, errors });
  });
}
