import * as z from 'zod/mini';
import type { Parsed, PullRequestAction, RepositoryIdentity } from './git-host.ts';
import { invalidFields } from './payload.ts';

/** The events of GitHub, and of those that send the same payloads. Only the fields that are used. */
const Numbered = z.int().check(z.positive());
const PullRequestEvent = z.object({
  action: z.string(),
  number: Numbered,
  pull_request: z.object({ base: z.object({ ref: z.string().check(z.minLength(1)) }) }),
});
/** Issues and pull requests share their comments and their numbers. */
const CommentEvent = z.object({
  action: z.string(),
  issue: z.object({ number: Numbered, pull_request: z.optional(z.nullable(z.unknown())) }),
  comment: z.object({ id: Numbered, body: z.string() }),
});

/** `actions`: what they mean here; another one is ignored. */
export function parsePullRequestEvent(
  payload: unknown,
  repository: RepositoryIdentity,
  actions: Readonly<Record<string, PullRequestAction>>,
): Parsed {
  const read = z.safeParse(PullRequestEvent, payload);
  if (!read.success) return invalidFields('pull_request', read.error);
  const {
    action,
    number,
    pull_request: { base },
  } = read.data;
  const known = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (known === undefined) return ignoredAction('pull_request', action, repository);
  return { kind: 'pull-request', repository, pullRequest: number, action: known, into: base.ref };
}

export function parseCommentEvent(payload: unknown, repository: RepositoryIdentity): Parsed {
  const read = z.safeParse(CommentEvent, payload);
  if (!read.success) return invalidFields('issue_comment', read.error);
  const { action, issue, comment } = read.data;
  if (action !== 'created') return ignoredAction('issue_comment', action, repository);
  const isPullRequest = issue.pull_request !== undefined && issue.pull_request !== null;
  if (!isPullRequest) return { kind: 'ignored', reason: 'the comment is on an issue', repository };
  return {
    kind: 'comment',
    repository,
    pullRequest: issue.number,
    commentId: String(comment.id),
    body: comment.body,
  };
}

/** The action may be any text. */
export function ignoredAction(event: string, action: string, repository: RepositoryIdentity): Parsed {
  return { kind: 'ignored', reason: `event "${event}" with action "${action.slice(0, 64)}"`, repository };
}
