import type { Repository, Target } from '../config/checked/config.ts';
import type { PullRequests } from '../deploy/ports/githost/pull-requests.ts';
import type { PlanQueue } from '../deploy/ports/githost/plan-request.ts';
import { DeployError } from '../error/deploy-error.ts';
import { hostOf } from '../githost/hosts.ts';
import type { ReviewedPlan } from '../plan/approval/approval.ts';
import type { PlanContext } from '../pulls/plan/context.ts';
import type { Revision } from '../snapshot/source.ts';
import type { AppRuntime } from './app-runtime.ts';
import { hostAccessOf } from './githost/host-access.ts';

interface Opened {
  readonly runtime: AppRuntime;
  readonly queue: PlanQueue;
}

/** What plans of pull requests need besides a runtime. */
export function planContext({ runtime, queue }: Opened): PlanContext {
  return {
    runtime,
    queue,
    openPullRequests: (repository) => openPullRequestsOf(repository, runtime),
  };
}

/** The plans that were shown on the pull request that a commit came from. */
export async function reviewedOf(
  { target, revision }: { readonly target: Target; readonly revision: Revision },
  runtime: AppRuntime,
  signal: AbortSignal,
): Promise<readonly ReviewedPlan[]> {
  // Only targets with approvals need it.
  const { reviewedPlans } = await import('../pulls/plan/reviewed.ts');
  const keys = await runtime.keys(signal);
  const api = await openPullRequestsOf(target.repository, runtime);
  return reviewedPlans({ target, revision }, { api, keys }, signal);
}

/** @throws DeployError `config-invalid` on a host without pull requests, or without credentials */
export async function openPullRequestsOf(repository: Repository, runtime: AppRuntime): Promise<PullRequests> {
  return openPullRequestsWith({ repository, token: await runtime.tokenOf(repository, 'pull-requests') }, runtime);
}

/** @throws DeployError `config-invalid` on a host without pull requests */
export async function openPullRequestsWith(
  { repository, token }: { readonly repository: Repository; readonly token: string | null },
  runtime: Pick<AppRuntime, 'servers' | 'wait'>,
): Promise<PullRequests> {
  const { api, fullName } = repository;
  const { loadApi, loadPullRequests } = hostOf(repository);
  if (loadApi === null || loadPullRequests === null || api === null || token === null)
    throw new DeployError('config-invalid', {
      subject: `repository ${repository.name}`,
      message: 'its pull requests cannot be read: the host has none, or the repository has no credentials',
      remedy: 'Set credentials of the repository in headgate.yml, on a host whose pull requests Headgate reads.',
    });
  const [host, pullRequests, { openPullRequests }] = await Promise.all([
    loadApi(),
    loadPullRequests(),
    import('./githost/pull-requests.ts'),
  ]);
  const access = await hostAccessOf(repository, { host, token }, runtime);
  return openPullRequests({ api: pullRequests, repository: { api, fullName }, ...access });
}
