import type { Repository } from '../../config/checked/config.ts';
import type { Deployments } from '../../deploy/ports/githost/deployments.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { DeploymentStatus } from '../../githost/port/deployments.ts';
import type { PreviewContext } from './context.ts';
import type { EndedPreview } from './run-preview.ts';
import { reasonOf } from './show.ts';
import type { PreviewResult } from './show.ts';

/**
 * Shows each preview as an environment of the Git host, where the host has deployments. They only inform: what is refused is
 * logged, and nothing else depends on it.
 */
export async function reportDeployments(
  ended: readonly EndedPreview[],
  repository: Repository,
  { context, signal }: { readonly context: PreviewContext; readonly signal: AbortSignal },
): Promise<void> {
  const changed = ended.filter(({ result, deletedAt }) => deletedAt !== null || statusOf(result) !== null);
  if (changed.length === 0) return;
  try {
    const deployments = await context.openDeployments(repository);
    if (deployments === null) return;
    for (const each of changed) await report(each, deployments, signal);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const errors = [asDeployError(thrown).problem];
    context.runtime.log({ level: 'warn', message: 'no-deployment', repository: repository.name, errors });
  }
}

async function report(
  { of: { head }, result, deletedAt }: EndedPreview,
  deployments: Deployments,
  signal: AbortSignal,
): Promise<void> {
  const { name } = result;
  if (result.kind === 'absent') {
    if (deletedAt !== null) await deployments.end(name, `preview deleted: ${reasonOf(result)}`, signal);
    return;
  }
  const status = statusOf(result);
  if (result.kind !== 'deployed' || status === null) return;
  const what = {
    revision: result.revision,
    branch: head.branch,
    environment: name,
    description: `preview of #${head.number}`,
    isTransient: true,
  };
  await deployments.report(what, status, signal);
}

/** Null: nothing was deployed that could be shown. */
function statusOf(result: PreviewResult): DeploymentStatus | null {
  if (result.kind !== 'deployed') return null;
  const {
    state: { isAtHead, readiness },
    errors: [error],
    url,
  } = result;
  if (!isAtHead && error !== undefined)
    return { state: 'failure', url, description: `${error.subject} ${error.message}` };
  if (!isAtHead || readiness === 'progressing') return { state: 'in-progress', url, description: 'not ready yet' };
  if (readiness === 'not-ready') return { state: 'failure', url, description: 'not ready' };
  return { state: 'success', url, description: readiness === 'ready' ? 'ready' : 'deployed' };
}
