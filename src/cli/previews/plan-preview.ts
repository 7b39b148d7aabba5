import { localRuntime } from '../../app/local/local-runtime.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import { readPlan } from '../commands/plan.ts';
import type { NamedPreview } from '../lookup/find-preview.ts';
import { printPlan } from '../plan/print-plan.ts';
import type { PlanFormat } from '../plan/print-plan.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { openPreview } from './open-preview.ts';

interface PreviewPlanFlags {
  /** Null: the head of the pull request. */
  readonly revision: Revision | null;
  readonly format: PlanFormat;
}

/** Shows what a deploy of the preview would change, as `headgate plan` does of a target. Nothing is written. */
export async function planPreviewCommand(
  context: Context,
  named: NamedPreview,
  { revision, format }: PreviewPlanFlags,
): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  const runtime = localRuntime({ config, env, log, holder: 'plan', progress: () => undefined });
  try {
    const { target: wanted, isLive, namespaces, ...head } = await openPreview(named, runtime, signal);
    if (!isLive && !(await namespaces.isFree(wanted.namespace, signal))) throw taken(named, wanted.namespace);
    // A deploy creates it before it plans.
    const target = isLive ? wanted : { ...wanted, createNamespace: true };
    const withPreview = { ...runtime, config: { ...config, targets: [...config.targets, target] } };
    const at = revision ?? head.revision;
    return printPlan(await readPlan({ target, at, directory: null }, withPreview, signal), format, context);
  } finally {
    runtime.close();
  }
}

function taken({ name }: NamedPreview, namespace: string): DeployError {
  return new DeployError('usage', {
    subject: name,
    message: `cannot be created: namespace ${namespace} exists and was not created for this preview, or is being deleted`,
    remedy: 'Wait until it is deleted, or delete it. Then plan again.',
  });
}
