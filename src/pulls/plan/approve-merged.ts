import { recipientOf } from '../../deploy/targets/recipient.ts';
import type { PullRequestContext, PlanContext } from './context.ts';
import type { GivenCommand } from './commands.ts';

/**
 * Requests a run with the approval of each target that follows the branch. The hash is of one plan of one target at one
 * commit, so each run compares it with its own plan, and the others still wait.
 */
export async function approveMerged(
  commands: readonly GivenCommand[],
  { repository, pullRequest, trigger }: PullRequestContext,
  { runtime }: Pick<PlanContext, 'runtime'>,
  signal: AbortSignal,
): Promise<void> {
  const targets = runtime.config.targets.filter(
    (target) =>
      target.repository.name === repository.name &&
      target.branch === pullRequest.into &&
      target.approval === 'plan' &&
      !target.suspend,
  );
  const at = new Date(runtime.nowMs()).toISOString();
  const approvals = commands.flatMap(({ command, by, refusal }) =>
    command.kind === 'approve' && refusal === null
      ? [{ hash: command.hash, by: by.name, isForAny: true as const }]
      : [],
  );
  const requests = approvals.flatMap((approval) =>
    targets.map((target) => ({ ...recipientOf(target), trigger, hint: null, at, approval })),
  );
  if (requests.length > 0) await runtime.requests.send(requests, signal);
}
