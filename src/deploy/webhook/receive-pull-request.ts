import type { Config, Repository, TargetSettings } from '../../config/checked/config.ts';
import type { CommentHint, PullRequestHint } from '../../githost/port/git-host.ts';
import type { PlanOfOne, PreviewRequest } from '../ports/githost/plan-request.ts';
import { planGroupOf } from '../ports/githost/plan-request.ts';

export type MatchedPullRequest =
  | {
      readonly kind: 'plan';
      readonly request: Omit<PlanOfOne, 'trigger' | 'at'> | Omit<PreviewRequest, 'trigger' | 'at'>;
    }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Does a delivery about a pull request request a plan, or a look at its preview? One for a plan is for both. The host is
 * queried only when that is done.
 */
export function matchPullRequest(
  hint: PullRequestHint | CommentHint,
  repository: Repository,
  config: Pick<Config, 'targets' | 'templates' | 'previews'>,
): MatchedPullRequest {
  const planned = matchPlan(hint, repository, config);
  // Whatever it is merged into now: it may have been into another branch.
  const hasPreviews = config.previews.some(({ settings }) => settings.repository.name === repository.name);
  if (planned.kind === 'plan' || hint.kind === 'comment' || !hasPreviews) return planned;
  const { pullRequest } = hint;
  const target = planGroupOf(repository.name, pullRequest);
  return {
    kind: 'plan',
    request: { kind: 'preview', repository: repository.name, target, pullRequest, resumes: false },
  };
}

function matchPlan(
  hint: PullRequestHint | CommentHint,
  repository: Repository,
  config: Pick<Config, 'targets' | 'templates'>,
): MatchedPullRequest {
  const { pullRequest, kind } = hint;
  if (!repository.pullRequests.plan)
    return none('pull requests of this repository are not planned: pullRequests.plan is not set');
  const request = { repository: repository.name, target: planGroupOf(repository.name, pullRequest), pullRequest };
  if (kind === 'comment') {
    if (!/^\s*\/headgate(?:\s|$)/.test(hint.body)) return none('the comment has no command');
    return { kind: 'plan', request: { ...request, kind: 'plan', comment: hint.commentId } };
  }
  if (hint.action === 'closed' || hint.action === 'labeled') return none(`the pull request was ${hint.action}`);
  const ref = `refs/heads/${hint.into}`;
  if (followersOf(hint.into, repository, config).length === 0) return none(`no target follows ${ref}`);
  return { kind: 'plan', request: { ...request, kind: 'plan', comment: null } };
}

/** The targets and templates that a merge into the branch may change. */
export function followersOf(
  into: string,
  repository: Pick<Repository, 'name'>,
  { targets, templates }: Pick<Config, 'targets' | 'templates'>,
): readonly TargetSettings[] {
  const all = [...targets, ...templates.map(({ settings }) => settings)];
  return all.filter(
    (each) => each.repository.name === repository.name && each.ref === `refs/heads/${into}` && !each.suspend,
  );
}

function none(reason: string): MatchedPullRequest {
  return { kind: 'none', reason };
}
