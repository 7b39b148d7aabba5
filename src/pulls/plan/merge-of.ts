import { DeployError } from '../../error/deploy-error.ts';
import type { Git, Merge } from '../../deploy/ports/git.ts';
import type { PullRequest } from '../../githost/port/pull-requests.ts';
import type { Revision } from '../../snapshot/source.ts';

/** The merge of what the host says of the head, and what Git says of the branch. */
export async function mergeOf(
  { into, head, mergeRevision }: Pick<PullRequest, 'into' | 'head' | 'mergeRevision'>,
  git: Git,
  signal: AbortSignal,
): Promise<{ readonly tip: Revision; readonly merge: Merge }> {
  const ref = `refs/heads/${into}`;
  const tip = (await git.tips([ref], signal)).get(ref);
  if (tip === undefined)
    throw new DeployError('ref-missing', {
      subject: ref,
      message: 'does not exist, but is the base of a pull request',
      remedy: 'Push the branch, or change the base of the pull request.',
    });
  return { tip, merge: await git.merge({ tip, head: head.revision, tried: mergeRevision }, signal) };
}
