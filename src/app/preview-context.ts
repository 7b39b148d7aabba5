import type { Target } from '../config/checked/config.ts';
import type { PreviewNamespaces } from '../deploy/ports/previews/preview-namespaces.ts';
import { runTarget } from '../deploy/requests/run-target.ts';
import type { PlanContext } from '../pulls/plan/context.ts';
import type { PreviewContext } from '../pulls/previews/context.ts';
import type { AppRuntime } from './app-runtime.ts';
import { openDeploymentsOf } from './githost/deployments-of.ts';

/** What previews need besides plans. */
export function previewContext(plans: PlanContext, runtime: AppRuntime): PreviewContext {
  const turns = new Map<string, Promise<unknown>>();
  return {
    ...plans,
    run: runTarget,
    openNamespaces: (target) => openNamespacesOf(target, runtime),
    openDeployments: (repository) => openDeploymentsOf(repository, runtime),
    inTurn(preview, work) {
      const turn = (turns.get(preview) ?? Promise.resolve()).then(work);
      // The next one does not care how this one ended.
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
