import { planGroupOf } from '../../deploy/ports/githost/plan-request.ts';
import type { PreviewRequest } from '../../deploy/ports/githost/plan-request.ts';
import type { Trigger } from '../../deploy/ports/request.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import type { PreviewContext, PreviewOfOne } from './context.ts';

/** A request for the previews of one pull request. */
export function previewRequest(
  { preview, head }: Pick<PreviewOfOne, 'preview' | 'head'>,
  { trigger, nowMs, resumes }: { readonly trigger: Trigger; readonly nowMs: number; readonly resumes: boolean },
): PreviewRequest {
  const { name: repository } = preview.settings.repository;
  const target = planGroupOf(repository, head.number);
  const at = new Date(nowMs).toISOString();
  return { kind: 'preview', repository, target, pullRequest: head.number, trigger, at, resumes };
}

/**
 * The runtime of one preview, whose target is in no file. Its checks carry what the target is made from, and what would
 * deploy it again goes the way of its pull request, which is read before anything is deployed.
 */
export function previewRuntime(
  of: PreviewOfOne,
  { runtime, queue }: Pick<PreviewContext, 'runtime' | 'queue'>,
): Runtime {
  const { preview, head, target } = of;
  const { config, nowMs } = runtime;
  return {
    ...runtime,
    config: { ...config, targets: [...config.targets, target] },
    checks: {
      send: (check, afterMs, signal) =>
        runtime.checks.send({ ...check, preview: { name: preview.name, ...head } }, afterMs, signal),
    },
    requests: {
      async send(requests, signal) {
        const own = requests.filter((request) => request.target === target.name);
        const others = requests.filter((request) => request.target !== target.name);
        if (others.length > 0) await runtime.requests.send(others, signal);
        const again = own.map(({ trigger }) => previewRequest(of, { trigger, nowMs: nowMs(), resumes: true }));
        if (again.length > 0) await queue.send(again, 0, signal);
      },
    },
  };
}
