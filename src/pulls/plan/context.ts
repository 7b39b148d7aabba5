import type { Repository } from '../../config/checked/config.ts';
import type { PullRequests } from '../../deploy/ports/githost/pull-requests.ts';
import type { PlanQueue } from '../../deploy/ports/githost/plan-request.ts';
import type { Trigger } from '../../deploy/ports/request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import type { PullRequest } from '../../githost/port/pull-requests.ts';

/** The external dependencies of plans of pull requests. */
export interface PlanContext {
  readonly runtime: Runtime;
  readonly openPullRequests: (repository: Repository) => Promise<PullRequests>;
  readonly queue: PlanQueue;
}

/** An open pull request, as the host says now. */
export interface PullRequestContext {
  readonly repository: Repository;
  readonly api: PullRequests;
  readonly pullRequest: PullRequest;
  readonly trigger: Trigger;
}
