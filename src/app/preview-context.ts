import type { Repository, Target } from '../config/checked/config.ts';
import type { Deployments } from '../deploy/ports/githost/deployments.ts';
import type { PreviewNamespaces } from '../deploy/ports/previews/preview-namespaces.ts';
import { hostOf } from '../githost/hosts.ts';
import type { PlanContext } from '../pulls/plan/context.ts';
import type { PreviewContext } from '../pulls/previews/context.ts';
import type { AppRuntime } from './app-runtime.ts';
import { hostAccessOf } from './githost/host-access.ts';

/** What previews need besides plans. */
export function previewContext(plans: PlanContext, runtime: AppRuntime): PreviewContext {
  const turns = new Map<string, Promise<unknown>>();
  return {
    ...plans,
    // Loaded late: messages and plans do not need it.
    run: async (...args) => (await import('../deploy/requests/run-target.ts')).runTarget(...args),
    openNamespaces: (target) => openNamespacesOf(target, runtime),
    openDeployments: (repository) => openDeploymentsOf(repository, runtime),
    inTurn(preview, work) {
      const turn = (turns.get(preview) ?? Promise.resolve()).then(work);
      // The next turn begins however this one ended.
      turns.set(
        preview,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };
}

/** With Headgate's own rights, whatever service account the target has. */
export async function openNamespacesOf(
  target: Target,
  { connect }: Pick<AppRuntime, 'connect'>,
): Promise<PreviewNamespaces> {
  const { previewNamespaces } = await import('../cluster/previews/preview-namespaces.ts');
  return previewNamespaces(await connect({ ...target, serviceAccount: null }));
}

/** Null: the host has no deployments, Headgate does not use them there, or the repository has no credentials for them. */
export async function openDeploymentsOf(repository: Repository, runtime: AppRuntime): Promise<Deployments | null> {
  const { api, fullName } = repository;
  const { loadApi, loadDeployments } = hostOf(repository);
  if (loadApi === null || loadDeployments === null || api === null) return null;
  const token = await runtime.tokenOf(repository, 'deployments');
  if (token === null) return null;
  const [host, deployments, { openDeployments }] = await Promise.all([
    loadApi(),
    loadDeployments(),
    import('./githost/deployments.ts'),
  ]);
  const access = await hostAccessOf(repository, { host, token }, runtime);
  return openDeployments({ api: deployments, repository: { api, fullName }, ...access });
}
