import type { PlanContext } from '../pulls/plan/context.ts';
import type { PreviewContext } from '../pulls/previews/context.ts';
import type { AppRuntime } from './app-runtime.ts';

/** What previews need besides plans. */
export function previewContext(plans: PlanContext, runtime: Pick<AppRuntime, 'connect'>): PreviewContext {
  const turns = new Map<string, Promise<unknown>>();
  return {
    ...plans,
    async openNamespaces(target) {
      const { previewNamespaces } = await import('../cluster/previews/preview-namespaces.ts');
      return previewNamespaces(await runtime.connect({ ...target, serviceAccount: null }));
    },
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
