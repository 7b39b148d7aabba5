import { changesAnything, summaryOf } from '../../deploy/show/shown-plan.ts';
import { describeProblems } from '../../deploy/report/channels/texts.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { needsPerson } from '../../error/deploy-error.ts';
import type { CommitStatus } from '../../githost/port/host-api.ts';
import type { Comment } from '../../githost/port/pull-requests.ts';
import { formatComment, verdictOf, withNote } from '../comment/plan-comment.ts';
import type { PlanComment, TargetPlan } from '../comment/plan-comment.ts';
import { previewsIn, withPreviews } from '../comment/previews-section.ts';
import { readBody, signBody } from '../comment/signed-body.ts';
import type { CommentFacts, ReadBody } from '../comment/signed-body.ts';
import type { PullRequestContext, PlanContext } from './context.ts';

/** The comment of Headgate on a pull request. */
export interface OwnComment extends ReadBody {
  readonly comment: Comment;
}

/** Null: there is none. The signature names the account that wrote it, so a copy by another account is not taken. */
export async function findOwnComment(
  { api, ...on }: Pick<PullRequestContext, 'api' | 'repository' | 'pullRequest'>,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<OwnComment | null> {
  const isOurs = (comment: Comment) => readOwn(comment, on, keys)?.verdict ?? null;
  const comment = await api.findComment(on.pullRequest.number, isOurs, signal);
  const read = comment === null ? null : readOwn(comment, on, keys);
  return comment === null || read === null ? null : { facts: read.facts, content: read.content, comment };
}

/**
 * The first version of a comment names no account, because only the host's answer says which one wrote it. It remains if the
 * process dies right then, and anyone may copy it from the history of edits: never into an older comment without editing it.
 */
function readOwn(
  { body, author, isEdited }: Comment,
  { repository, pullRequest }: Pick<PullRequestContext, 'repository' | 'pullRequest'>,
  keys: readonly string[],
): (ReadBody & { readonly verdict: 'proven' | 'likely' }) | null {
  const read = readBody(body, keys);
  if (read === null) return null;
  const { facts } = read;
  if (facts.repository !== repository.url || facts.pullRequest !== pullRequest.number) return null;
  if (facts.author === author.id) return { ...read, verdict: 'proven' };
  return facts.author === null && !isEdited ? { ...read, verdict: 'likely' } : null;
}

/** One status for each target, so that the protection of the branch can require it. */
export async function publishStatuses(
  plans: readonly TargetPlan[],
  { repository, pullRequest }: PullRequestContext,
  { runtime }: Pick<PlanContext, 'runtime'>,
  signal: AbortSignal,
): Promise<void> {
  const statuses = await runtime.openStatuses(repository);
  if (statuses === null) return;
  await Promise.all(
    plans.map((each) => {
      const status = { ...statusOf(each), context: `headgate/plan/${each.target}` };
      return statuses.set(pullRequest.head.revision, status, signal);
    }),
  );
}

function statusOf(each: TargetPlan): Omit<CommitStatus, 'context'> {
  if (each.kind === 'failed') return refusal([each.problem], needsPerson(each.problem.code) ? 'failure' : 'error');
  const { plan } = each;
  if (plan.refusals.length > 0) return refusal(plan.refusals, 'failure');
  const counts = summaryOf(plan);
  return { state: 'success', description: changesAnything(plan) ? `${verdictOf(each)}: ${counts}` : counts };
}

function refusal(problems: readonly Problem[], state: 'failure' | 'error'): Omit<CommitStatus, 'context'> {
  return { state, description: describeProblems(problems) };
}

interface Publication {
  readonly comment: PlanComment;
  readonly note: string | null;
  readonly own: OwnComment | null;
  readonly keys: readonly string[];
}

/** Changes the comment, or writes the first one. */
export async function publishComment(
  { comment, note, own, keys }: Publication,
  open: PullRequestContext,
  signal: AbortSignal,
): Promise<void> {
  const content = withPreviews(formatComment(comment, open.api.commentLimit), previewsIn(own?.content ?? ''));
  const targets = [...comment.plans.map(({ target }) => target), ...comment.left];
  const facts = {
    head: comment.pullRequest.head,
    tip: comment.tip,
    targets,
    hashes: hashesOf(comment.plans),
    ...previewsOf(own),
  };
  await writeComment(withNote(content, note), { facts, own, keys }, { open, signal });
}

function previewsOf(own: OwnComment | null): Pick<CommentFacts, 'previews'> {
  return own?.facts.previews === undefined ? {} : { previews: own.facts.previews };
}

/** Changes what is shown of previews, and nothing else of the comment. */
export async function publishPreviews(
  { section, previews }: { readonly section: string; readonly previews: NonNullable<CommentFacts['previews']> },
  { own, keys }: { readonly own: OwnComment | null; readonly keys: readonly string[] },
  { open, signal }: { readonly open: PullRequestContext; readonly signal: AbortSignal },
): Promise<void> {
  const facts = { ...keptFacts(own, open), previews };
  await writeComment(withPreviews(own?.content ?? '', section), { facts, own, keys }, { open, signal });
}

/** Of a comment whose plan stays as it is. Hashes of plans that it no longer shows are dropped with them. */
function keptFacts(own: OwnComment | null, { pullRequest: { head } }: PullRequestContext): Written['facts'] {
  if (own === null) return { head: head.revision, tip: head.revision, targets: [] };
  const { hashes, ...facts } = own.facts;
  return own.content === null ? facts : { ...facts, hashes };
}

function hashesOf(plans: readonly TargetPlan[]): CommentFacts['hashes'] {
  return Object.fromEntries(
    plans.flatMap((each) =>
      each.kind === 'planned' && each.plan.hash !== null ? [[each.target, each.plan.hash]] : [],
    ),
  );
}

/** Above what was shown: an answer, or that it is outdated. Text that was edited into the comment is dropped. */
export async function publishNote(
  note: string,
  { own, keys }: { readonly own: OwnComment | null; readonly keys: readonly string[] },
  { open, signal }: { readonly open: PullRequestContext; readonly signal: AbortSignal },
): Promise<void> {
  const facts = keptFacts(own, open);
  const content = own?.content ?? '### Headgate plan';
  await writeComment(withNote(content, note), { facts, own, keys }, { open, signal });
}

interface Written {
  readonly facts: Pick<CommentFacts, 'head' | 'tip' | 'targets' | 'hashes' | 'previews'>;
  readonly own: OwnComment | null;
  readonly keys: readonly string[];
}

async function writeComment(
  content: string,
  { facts, own, keys }: Written,
  { open, signal }: { readonly open: PullRequestContext; readonly signal: AbortSignal },
): Promise<void> {
  const { api, repository, pullRequest } = open;
  const signedFor = (author: string | null) =>
    signBody(content, { ...facts, repository: repository.url, pullRequest: pullRequest.number, author }, keys);
  const isOurs = (comment: Comment) => readOwn(comment, open, keys)?.verdict ?? null;
  const body = signedFor(own?.comment.author.id ?? null);
  const written = await api.upsertComment(pullRequest.number, { body, isOurs }, signal);
  if (own !== null) return;
  // Only its answer says which account wrote the first one.
  const signed = signedFor(written.author.id);
  const isWritten = ({ id }: Comment) => (id === written.id ? 'proven' : null);
  await api.upsertComment(pullRequest.number, { body: signed, isOurs: isWritten }, signal);
}
