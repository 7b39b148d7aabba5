import type { Target } from '../../config/checked/config.ts';
import type { PullRequests } from '../../deploy/ports/githost/pull-requests.ts';
import type { ReviewedPlan } from '../../plan/approval/approval.ts';
import type { Revision } from '../../snapshot/source.ts';
import { findOwnComment } from './publish.ts';

/**
 * The plans of a target that were shown on the pull requests which brought a commit. What counts is the comment as Headgate
 * wrote it, for the head that was merged: an edited one, and one of another head, show nothing.
 */
export async function reviewedPlans(
  { target, revision }: { readonly target: Target; readonly revision: Revision },
  { api, keys }: { readonly api: PullRequests; readonly keys: readonly string[] },
  signal: AbortSignal,
): Promise<readonly ReviewedPlan[]> {
  const { repository } = target;
  const reviewed: ReviewedPlan[] = [];
  for (const pullRequest of await api.ofCommit(revision, signal)) {
    if (pullRequest.state !== 'merged' || pullRequest.into !== target.branch) continue;
    const own = await findOwnComment({ api, repository, pullRequest }, keys, signal);
    const hash = own?.facts.hashes?.[target.name];
    const isOfHead = own?.facts.head === pullRequest.head.revision;
    if (own?.content !== null && isOfHead && hash !== undefined)
      reviewed.push({ pullRequest: pullRequest.number, hash });
  }
  return reviewed;
}
