import { openPullRequestsOf } from '../../app/plan-context.ts';
import { openNamespacesOf } from '../../app/preview-context.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { Target } from '../../config/checked/config.ts';
import { previewTarget } from '../../config/templates/preview-target.ts';
import type { PreviewNamespaces } from '../../deploy/ports/previews/preview-namespaces.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { decidePreview } from '../../pulls/previews/run-preview.ts';
import { reasonOf } from '../../pulls/previews/show.ts';
import type { Absence } from '../../pulls/previews/judge.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { NamedPreview } from '../lookup/find-preview.ts';

/** A preview whose pull request must have one now, and its head. */
export interface WantedPreview {
  readonly target: Target;
  readonly revision: Revision;
  /** Its namespace exists. */
  readonly isLive: boolean;
  readonly namespaces: PreviewNamespaces;
}

/** Reads the pull request and the cluster. @throws DeployError when the pull request has no preview */
export async function openPreview(
  named: NamedPreview,
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<WantedPreview> {
  const { preview, pullRequest: number } = named;
  const api = await openPullRequestsOf(preview.settings.repository, runtime);
  const pullRequest = await api.read(number, signal);
  if (pullRequest === null) throw missing(named);
  const { branch, revision } = pullRequest.head;
  const head = { number, branch, sha: revision };
  const target = previewTarget(preview, head);
  const openNamespaces = (each: Target) => openNamespacesOf(each, runtime);
  const run = { number, pullRequest, seen: {} };
  const deciding = { runtime, openNamespaces };
  const { decision, live, namespaces } = await decidePreview({ preview, head, target }, run, deciding, signal);
  if (decision.kind === 'absent') throw notWanted(named, decision.why);
  return { target, revision, isLive: live !== null, namespaces };
}

function missing({ name, pullRequest, preview }: NamedPreview): DeployError {
  return new DeployError('usage', {
    subject: name,
    message: `pull request ${pullRequest} does not exist in ${preview.settings.repository.fullName}, or the credentials may not see it`,
    remedy: 'Use the number of an open pull request.',
  });
}

/** What `headgate deploy` and `plan` answer where the sweep would leave it out, or delete it. */
export function notWanted({ name, preview, pullRequest }: NamedPreview, why: Absence): DeployError {
  const { label, limit, settings } = preview;
  return new DeployError('usage', {
    subject: name,
    message: `pull request ${pullRequest} has no preview: ${why === 'unlabeled' ? 'it does not have the label' : reasonOf({ why, limit })}`,
    remedy: `Previews are for open pull requests into ${settings.branch} with the label ${label}.`,
  });
}
