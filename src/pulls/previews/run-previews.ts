import type { Preview } from '../../config/checked/config.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import type { CommitStatus } from '../../githost/port/host-api.ts';
import { asRevision } from '../../snapshot/source.ts';
import { previewsIn } from '../comment/previews-section.ts';
import type { PullRequestContext } from '../plan/context.ts';
import { findOwnComment, publishPreviews } from '../plan/publish.ts';
import type { OwnComment } from '../plan/publish.ts';
import type { PreviewContext } from './context.ts';
import { reportDeployments } from './report-deployments.ts';
import { runPreview } from './run-preview.ts';
import type { EndedPreview, PreviewRun } from './run-preview.ts';
import { isWorthShowing, previewsSection, reasonOf } from './show.ts';

type PreviewsRun = Omit<PreviewRun, 'pullRequest' | 'seen'>;

/** Brings these previews, all of one repository, to what the pull request is now, and shows on it what became of them. */
export async function runPreviews(
  previews: readonly Preview[],
  { number, ...request }: PreviewsRun,
  { context, signal }: { readonly context: PreviewContext; readonly signal: AbortSignal },
): Promise<readonly EndedPreview[]> {
  const [first] = previews;
  if (first === undefined) return [];
  const { repository } = first.settings;
  const api = await context.openPullRequests(repository);
  const pullRequest = await api.read(number, signal);
  // Credentials that may no longer see the repository get the same answer, and a list refuses them: nothing is deleted then.
  if (pullRequest === null) await api.listOpen(first.settings.branch, 1, signal);
  const open = pullRequest === null ? null : { repository, api, pullRequest, trigger: request.trigger };
  const keys = await context.runtime.keys(signal);
  const own = open === null ? null : await readOwnComment(open, keys, signal);
  const seen = own instanceof DeployError ? own : (own?.facts.previews ?? {});
  const run: PreviewRun = { ...request, number, pullRequest, seen };
  const ended: EndedPreview[] = [];
  for (const preview of previews) ended.push(await runPreview(preview, run, context, signal));
  if (open === null || own instanceof DeployError) await reportDeployments(ended, repository, { context, signal });
  if (own instanceof DeployError) throw own;
  if (open !== null) await show(ended, { open, own, keys, isOfOne: run.isOfOne }, { context, signal });
  return ended;
}

/** An error is returned: a preview must end even if its pull request has comments that cannot be read. */
async function readOwnComment(
  open: PullRequestContext,
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
  readonly open: PullRequestContext;
  readonly own: OwnComment | null;
  readonly keys: readonly string[];
  readonly isOfOne: boolean;
}

/** The comment, and the statuses that no run sets. Both only when something is different, because hosts count them. */
async function show(
  ended: readonly EndedPreview[],
  { open, own, keys, isOfOne }: Shown,
  { context, signal }: { readonly context: PreviewContext; readonly signal: AbortSignal },
): Promise<void> {
  const worth = ended.filter(({ result }) => isWorthShowing(result));
  if (worth.length === 0) return;
  const shown = previewsIn(own?.content ?? '');
  const results = worth.map(({ result }) => result);
  const section = previewsSection(results, isOfOne ? shown : '');
  const seen = ended.flatMap((each) => (each.seen === null ? [] : [[each.of.target.name, each.seen] as const]));
  const previews = { ...own?.facts.previews, ...Object.fromEntries(seen) };
  const isShown = section === shown && seen.every(([name, { head }]) => own?.facts.previews?.[name]?.head === head);
  if (isShown) return;
  await setStatuses(worth, open, { context, signal });
  await reportDeployments(worth, open.repository, { context, signal });
  await publishPreviews({ section, previews }, { own, keys }, { open, signal });
}

async function setStatuses(
  ended: readonly EndedPreview[],
  { repository, pullRequest }: PullRequestContext,
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
