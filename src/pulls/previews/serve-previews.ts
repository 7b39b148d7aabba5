import type { Preview } from '../../config/checked/config.ts';
import type { PlanOfOne, PlanRequest, PreviewRequest } from '../../deploy/ports/githost/plan-request.ts';
import { deliveryOf } from '../../deploy/ports/request.ts';
import { asDeployError, DeployError, needsPerson } from '../../error/deploy-error.ts';
import type { CommitStatus } from '../../githost/port/host-api.ts';
import { asRevision } from '../../snapshot/source.ts';
import { previewsIn } from '../comment/previews-section.ts';
import type { OpenPullRequest } from '../plan/context.ts';
import { findOwnComment, publishPreviews } from '../plan/publish.ts';
import type { OwnComment } from '../plan/publish.ts';
import type { Served } from '../plan/serve-plans.ts';
import type { PreviewContext } from './context.ts';
import { runPreview } from './run-preview.ts';
import type { EndedPreview, PreviewRun } from './run-preview.ts';
import { isWorthShowing, previewsSection, reasonOf } from './show.ts';

/** A preview that fails again and again stays as it was reported, until the next delivery or sweep. */
const MAX_TRIES = 6;

type Received = PlanRequest & { readonly tries: number };
type Wanted = (PlanOfOne | PreviewRequest) & { readonly tries: number };

/** Does the request concern previews? A command concerns the plan alone. */
export function concernsPreviews(request: Received): request is Wanted {
  return request.kind === 'preview' || (request.kind === 'plan' && request.comment === null);
}

/** Brings the previews of one pull request to what it is now. Everything is read again, so one run serves all requests. */
export async function servePreviews(
  requests: readonly Wanted[],
  context: PreviewContext,
  signal: AbortSignal,
): Promise<Served> {
  const newest = requests.at(-1);
  if (newest === undefined) return { kind: 'done' };
  const { log, config } = context.runtime;
  const line = { repository: newest.repository, delivery: deliveryOf(newest.trigger), pullRequest: newest.pullRequest };
  const previews = config.previews.filter(({ settings }) => settings.repository.name === newest.repository);
  const tries = Math.min(...requests.map((request) => request.tries));
  try {
    const ended = await runPreviews(previews, { requests, newest, tries }, { context, signal });
    for (const { result, of } of ended) {
      const level = result.kind === 'absent' && !result.isDeleted ? 'debug' : 'info';
      const outcome = result.kind === 'absent' ? result.why : result.kind;
      const errors = result.kind === 'refused' || result.kind === 'failed' ? { errors: [result.problem] } : {};
      log({ level, message: 'preview', ...line, target: of.target.name, outcome, ...errors });
    }
    const retry = ended.find((each) => each.retry !== null)?.retry ?? null;
    return retry === null || tries >= MAX_TRIES ? { kind: 'done' } : { kind: 'retry', afterMs: retry.afterMs };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const { problem, code, retryAfterMs } = asDeployError(thrown);
    log({ level: 'error', message: 'not-previewed', ...line, errors: [problem] });
    if (tries >= MAX_TRIES || needsPerson(code)) return { kind: 'done' };
    return { kind: 'retry', afterMs: retryAfterMs ?? null };
  }
}

async function runPreviews(
  previews: readonly Preview[],
  {
    requests,
    newest,
    tries,
  }: { readonly requests: readonly Wanted[]; readonly newest: Wanted; readonly tries: number },
  { context, signal }: { readonly context: PreviewContext; readonly signal: AbortSignal },
): Promise<readonly EndedPreview[]> {
  const [first] = previews;
  if (first === undefined) return [];
  const { repository } = first.settings;
  const { pullRequest: number, trigger, at } = newest;
  const api = await context.openPullRequests(repository);
  const pullRequest = await api.read(number, signal);
  // Credentials that may no longer see the repository get the same answer, and a list refuses them: nothing is deleted then.
  if (pullRequest === null) await api.listOpen(first.settings.branch, 1, signal);
  const open = pullRequest === null ? null : { repository, api, pullRequest, trigger };
  const keys = await context.runtime.keys(signal);
  const own = open === null ? null : await readOwnComment(open, keys, signal);
  const resumes = requests.some((request) => request.kind === 'preview' && request.resumes);
  const seen = own instanceof DeployError ? own : (own?.facts.previews ?? {});
  const run: PreviewRun = { number, pullRequest, seen, trigger, at, tries, resumes };
  const ended: EndedPreview[] = [];
  for (const preview of previews) ended.push(await runPreview(preview, run, context, signal));
  if (own instanceof DeployError) throw own;
  if (open !== null) await show(ended, { open, own, keys }, { context, signal });
  return ended;
}

/** An error is returned: a preview must end even if its pull request has comments that cannot be read. */
async function readOwnComment(
  open: OpenPullRequest,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<OwnComment | DeployError | null> {
  try {
    return await findOwnComment(open, keys, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    return asDeployError(thrown);
  }
}

interface Shown {
  readonly open: OpenPullRequest;
  readonly own: OwnComment | null;
  readonly keys: readonly string[];
}

/** The comment, and the statuses that no run sets. Both only when something is different, because hosts count them. */
async function show(
  ended: readonly EndedPreview[],
  { open, own, keys }: Shown,
  { context, signal }: { readonly context: PreviewContext; readonly signal: AbortSignal },
): Promise<void> {
  const worth = ended.filter(({ result }) => isWorthShowing(result));
  if (worth.length === 0) return;
  const section = previewsSection(worth.map(({ result }) => result));
  const seen = ended.flatMap((each) => (each.seen === null ? [] : [[each.of.target.name, each.seen] as const]));
  const previews = { ...own?.facts.previews, ...Object.fromEntries(seen) };
  const isShown =
    section === previewsIn(own?.content ?? '') &&
    seen.every(([name, { head }]) => own?.facts.previews?.[name]?.head === head);
  if (isShown) return;
  await setStatuses(worth, open, { context, signal });
  await publishPreviews({ section, previews }, { own, keys }, { open, signal });
}

async function setStatuses(
  ended: readonly EndedPreview[],
  { repository, pullRequest }: OpenPullRequest,
  { context, signal }: { readonly context: PreviewContext; readonly signal: AbortSignal },
): Promise<void> {
  const statuses = await context.runtime.openStatuses(repository);
  if (statuses === null) return;
  for (const each of ended) {
    const revision = each.deletedAt === null ? pullRequest.head.revision : asRevision(each.deletedAt);
    const status = statusOf(each);
    if (revision === null || status === null) continue;
    await statuses.set(revision, { ...status, context: `headgate/${each.of.target.name}` }, signal);
  }
}

/** Null: its run has set one, or none is needed. Hosts may not accept one on the head of a fork. */
function statusOf({ result }: EndedPreview): Omit<CommitStatus, 'context'> | null {
  switch (result.kind) {
    case 'refused': {
      const { subject, message } = result.problem;
      return { state: 'failure', description: { where: subject, what: message } };
    }
    case 'absent':
      // The commit may be pending still.
      if (result.isDeleted) return { state: 'success', description: `preview deleted: ${reasonOf(result)}` };
      return result.why === 'full' ? { state: 'pending', description: reasonOf(result) } : null;
    case 'failed':
    case 'deployed':
      return null;
    default:
      return result satisfies never;
  }
}
