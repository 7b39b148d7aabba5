import * as z from 'zod/mini';
import { asObjectId } from '../../snapshot/source.ts';
import type { ObjectId } from '../../snapshot/source.ts';
import type { AuthenticDelivery, Parsed, PullRequestAction, RepositoryIdentity } from '../port/git-host.ts';
import { ignoredEvent, invalidFields, notUnderstood, readJsonOrForm } from '../port/payload.ts';
import { parseCommentEvent, parsePullRequestEvent } from '../port/pull-request-event.ts';
import { plainPush, readRefChange } from '../port/ref-changes.ts';

/** Only the fields that are used: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
const Repository = z.object({ id: z.union([z.int(), z.string()]), full_name: z.string() });
const AnyEvent = z.object({ repository: Repository });
const PushEvent = z.object({
  ref: z.string(),
  after: z.string(),
  created: z.optional(z.boolean()),
  deleted: z.optional(z.boolean()),
  forced: z.optional(z.boolean()),
  head_commit: z.optional(z.unknown()),
  commits: z.optional(z.unknown()),
  repository: Repository,
});
const HeadCommit = z.object({ id: z.string(), tree_id: z.string() });
const Files = z.array(z.string());
const Commits = z.array(z.object({ added: Files, modified: Files, removed: Files }));

type PushPayload = z.infer<typeof PushEvent>;

/** Parses an authentic delivery. GitHub's event header is not signed: forging it can only make a push be ignored. */
export function parseDelivery(delivery: AuthenticDelivery): Parsed {
  const payload = readJsonOrForm(delivery);
  if (payload === undefined) return notUnderstood('the body is not JSON');
  const event = delivery.headers['x-github-event'] ?? '';
  if (event === '') return notUnderstood('the X-GitHub-Event header is missing');
  if (event === 'push') return parsePush(payload);
  const { data } = z.safeParse(AnyEvent, payload);
  const repository = data === undefined ? null : identityOf(data.repository);
  if (repository !== null && event === 'pull_request') return parsePullRequestEvent(payload, repository, ACTIONS);
  if (repository !== null && event === 'issue_comment') return parseCommentEvent(payload, repository);
  if (repository !== null && event === 'status') return parseStatus(payload, repository);
  return event === 'ping' ? { kind: 'ignored', reason: 'ping', repository } : ignoredEvent(event, repository);
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#status */
const StatusEvent = z.object({ context: z.string().check(z.minLength(1)), state: z.string() });

function parseStatus(payload: unknown, repository: RepositoryIdentity): Parsed {
  const read = z.safeParse(StatusEvent, payload);
  if (!read.success) return invalidFields('status', read.error);
  const { context, state } = read.data;
  // Nothing that failed, or began, lets a version move.
  return state === 'success' ? { kind: 'status', repository, context } : ignoredEvent('status', repository);
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request */
const ACTIONS: Readonly<Record<string, PullRequestAction>> = {
  opened: 'opened',
  reopened: 'opened',
  ready_for_review: 'opened',
  synchronize: 'updated',
  edited: 'edited',
  converted_to_draft: 'edited',
  labeled: 'labeled',
  unlabeled: 'labeled',
  closed: 'closed',
};

function parsePush(payload: unknown): Parsed {
  const read = z.safeParse(PushEvent, payload);
  if (!read.success) return invalidFields('push', read.error);
  const push = read.data;
  const repository = identityOf(push.repository);
  const change = readRefChange(push.ref, push.deleted === true ? null : push.after);
  if (change === null) return notUnderstood('the push event has missing or invalid fields: after');
  if (change.kind === 'ignored') return { ...change, repository };
  const isForced = push.forced !== false;
  const known = { rootTree: rootTreeOf(push), isForced, changedPaths: changedPathsOf(push) };
  return { kind: 'pushes', pushes: [{ ...plainPush(change), ...known }], repository };
}

function identityOf({ id, full_name: fullName }: z.infer<typeof Repository>): RepositoryIdentity {
  return { id: String(id), fullName };
}

function rootTreeOf({ head_commit, after }: PushPayload): ObjectId | null {
  const { data } = z.safeParse(HeadCommit, head_commit);
  return data?.id === after ? asObjectId(data.tree_id) : null;
}

/** GitHub truncates both lists at these lengths, so a list of that length may be truncated. */
const MAX_COMMITS = 2048;
const MAX_FILES = 3000;

/** Null unless the list certainly has every file: a fast-forward push with lists that are not truncated. */
function changedPathsOf({ created, deleted, forced, commits }: PushPayload): readonly string[] | null {
  if (created !== false || deleted !== false || forced !== false) return null;
  const { data } = z.safeParse(Commits, commits);
  if (data === undefined || data.length === 0 || data.length >= MAX_COMMITS) return null;
  const lists = data.map(({ added, modified, removed }) => [...added, ...modified, ...removed]);
  if (lists.some((files) => files.length >= MAX_FILES)) return null;
  return [...new Set(lists.flat())];
}
