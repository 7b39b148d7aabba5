import type { PlanOfOne } from '../../deploy/ports/githost/plan-request.ts';
import { followersOf } from '../../deploy/webhook/receive-pull-request.ts';
import type { PullRequestContext, PlanContext } from './context.ts';

type Opened =
  /** `merged`: it only answers commands. */
  | { readonly kind: 'open' | 'merged'; readonly open: PullRequestContext }
  | { readonly kind: 'ignored'; readonly reason: string };

/** Reads the pull request from the host: requests may be of any age. */
export async function openPullRequest(
  requests: readonly PlanOfOne[],
  { runtime: { config }, openPullRequests }: PlanContext,
  signal: AbortSignal,
): Promise<Opened> {
  const newest = requests.at(-1);
  const repository = newest === undefined ? undefined : config.repositories.get(newest.repository);
  if (newest === undefined || repository?.pullRequests.plan !== true)
    return ignored('pull requests of this repository are not planned');
  const api = await openPullRequests(repository);
  const pullRequest = await api.read(newest.pullRequest, signal);
  const isAnswered = pullRequest?.state === 'merged' && requests.some(({ comment }) => comment !== null);
  if (pullRequest === null || (pullRequest.state !== 'open' && !isAnswered))
    return ignored('the pull request is not open');
  if (followersOf(pullRequest.into, repository, config).length === 0)
    return ignored(`no target follows refs/heads/${pullRequest.into}`);
  if (pullRequest.isFork && !repository.pullRequests.forks)
    return ignored('it is of a fork, and forks is not set in pullRequests');
  return { kind: isAnswered ? 'merged' : 'open', open: { repository, api, pullRequest, trigger: newest.trigger } };
}

function ignored(reason: string): Opened {
  return { kind: 'ignored', reason };
}
