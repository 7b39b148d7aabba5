import type { PreviewContext } from '../../pulls/previews/context.ts';

/** The previews that are due, of which most installations have none. */
export async function lookAtPreviews(context: PreviewContext, signal: AbortSignal): Promise<void> {
  if (context.runtime.config.previews.length === 0) return;
  const { sweepPreviews } = await import('../../pulls/previews/sweep-previews.ts');
  await sweepPreviews(context, signal);
}
