import { previewTarget } from '../../config/templates/preview-target.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import { deliveryOf } from '../../deploy/ports/request.ts';
import { checkAll } from '../../deploy/readiness/check.ts';
import type { PreviewContext, PreviewOfOne } from './context.ts';
import { previewRequest, previewRuntime } from './preview-runtime.ts';

/** A check of a preview. What it found is shown on the pull request. */
export async function checkPreview(
  request: CheckRequest & { readonly preview: NonNullable<CheckRequest['preview']> },
  context: PreviewContext,
  signal: AbortSignal,
): Promise<void> {
  const { name, ...head } = request.preview;
  const { runtime, queue } = context;
  const preview = runtime.config.previews.find((each) => each.name === name);
  if (preview === undefined) {
    const delivery = deliveryOf(request.trigger);
    runtime.log({
      level: 'warn',
      message: 'ignored',
      target: request.target,
      delivery,
      reason: 'no such preview in headgate.yml',
    });
    return;
  }
  const of = { preview, head, target: previewTarget(preview, head) };
  if (!(await exists(of, context, signal))) return;
  await checkAll([request], previewRuntime(of, context), signal);
  const { trigger } = request;
  await queue.send([previewRequest(of, { trigger, nowMs: runtime.nowMs(), resumes: false })], 0, signal);
}

/** Without this, the check of a deleted preview would wait for a run that never comes. */
async function exists(
  { target }: PreviewOfOne,
  { openNamespaces }: PreviewContext,
  signal: AbortSignal,
): Promise<boolean> {
  const namespaces = await openNamespaces(target);
  return (await namespaces.list(signal)).some(({ name, isTerminating }) => name === target.namespace && !isTerminating);
}
