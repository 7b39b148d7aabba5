import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { openDeploymentsOf, openNamespacesOf } from '../../app/preview-context.ts';
import type { Repository, Target } from '../../config/checked/config.ts';
import { previewTarget } from '../../config/templates/preview-target.ts';
import type { PreviewNamespace } from '../../deploy/ports/previews/preview-namespaces.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import { livePreview, previewNamed } from '../lookup/find-preview.ts';
import { confirm } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

export interface RemovalFlags {
  readonly name: string;
  readonly cluster: string | undefined;
  readonly namespace: string | undefined;
  readonly keepsObjects: boolean;
}

interface Removal {
  readonly name: string;
  readonly namespace: PreviewNamespace;
  readonly repository: Repository;
  /** Leads to its cluster. */
  readonly target: Target;
  /** Its entry is in headgate.yml, so it may be deployed again. */
  readonly isConfigured: boolean;
}

/**
 * Deletes the namespace of a preview, by the same rule as the sweep: only one that Headgate has created for a pull request of a
 * repository of this file. Null: the flags are about a target.
 */
export async function uninstallPreviewCommand(context: Context, flags: RemovalFlags): Promise<ExitCode | null> {
  const { config, env, log, signal } = context;
  const runtime = localRuntime({ config, env, log, holder: 'previews', progress: () => undefined });
  try {
    const removal = await findRemoval(context, flags, runtime);
    if (removal === null) return null;
    if (flags.keepsObjects) throw cannotKeep(flags.name);
    if (context.output === 'text') context.print(planText(removal));
    const question = `Delete preview ${removal.name}?`;
    if (!(await confirm(context, { command: 'headgate uninstall', question }))) return 1;
    const namespaces = await openNamespacesOf(removal.target, runtime);
    await namespaces.remove(removal.namespace, signal);
    await endDeployment(removal, runtime, signal);
    const { name } = removal;
    const json = { target: name, namespace: removal.namespace.name, uninstalled: true };
    context.print(
      context.output === 'json'
        ? JSON.stringify(json, null, 2)
        : `${name}: namespace ${removal.namespace.name} is being deleted`,
    );
    return 0;
  } finally {
    runtime.close();
  }
}

async function findRemoval(
  { config, signal }: Pick<Context, 'config' | 'signal'>,
  { name, cluster, namespace }: RemovalFlags,
  runtime: LocalRuntime,
): Promise<Removal | null> {
  const named = previewNamed(name, config);
  if (named !== null) {
    const { preview, pullRequest } = named;
    const live = await livePreview(named, runtime, signal);
    const target = previewTarget(preview, { number: pullRequest, branch: '', sha: live.record.head });
    return { name, namespace: live, repository: preview.settings.repository, target, isConfigured: true };
  }
  const clusterConfig = config.clusters.get(cluster ?? '');
  if (clusterConfig === undefined || namespace === undefined || config.targets.some((each) => each.name === name))
    return null;
  const { removedTarget } = await import('../../config/derived/removed-target.ts');
  const target = removedTarget({ name, namespace }, clusterConfig);
  const repositories = [...config.repositories.values()];
  const found = await listOrNone(target, runtime, signal);
  const left = found.find((each) => each.name === namespace);
  const repository = repositories.find(({ url }) => url === left?.record.repository);
  if (left === undefined || repository === undefined) return null;
  return { name, namespace: left, repository, target, isConfigured: false };
}

/** A target of an installation without previews has no right to list namespaces. */
async function listOrNone(
  target: Target,
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<readonly PreviewNamespace[]> {
  try {
    return await (await openNamespacesOf(target, runtime)).list(signal);
  } catch (thrown) {
    if (asDeployError(thrown).code === 'manifest-forbidden') return [];
    throw thrown;
  }
}

/** It only informs people. */
async function endDeployment({ name, repository }: Removal, runtime: LocalRuntime, signal: AbortSignal): Promise<void> {
  try {
    const deployments = await openDeploymentsOf(repository, runtime);
    await deployments?.end(name, 'preview deleted: headgate uninstall', signal);
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'warn', message: 'no-deployment', repository: repository.name, errors });
  }
}

function planText({ name, namespace, target, isConfigured }: Removal): string {
  const { pullRequest } = namespace.record;
  const again = `The next push or sweep creates it again while pull request ${pullRequest} is open and has the label.`;
  return [
    `${name} on cluster ${target.cluster.name}:`,
    `- delete Namespace ${namespace.name} with all that it contains, created for pull request ${pullRequest}`,
    ...(isConfigured ? [again] : []),
  ].join('\n');
}

function cannotKeep(name: string): DeployError {
  return new DeployError('usage', {
    subject: name,
    message: 'is a preview, whose objects cannot be kept: they are deleted with its namespace',
    remedy: 'Run headgate uninstall without --keep.',
  });
}
