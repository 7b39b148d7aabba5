import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import { openNamespacesOf } from '../../app/preview-context.ts';
import type { Config, Preview, Target } from '../../config/checked/config.ts';
import { mayBecome } from '../../config/previews/preview-names.ts';
import { previewTarget } from '../../config/templates/preview-target.ts';
import type { PreviewNamespace } from '../../deploy/ports/previews/preview-namespaces.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Context } from '../terminal/context.ts';
import { findTarget } from './find-target.ts';

/** A preview as a person names it: `shop-pr-12`. */
export interface NamedPreview {
  readonly name: string;
  readonly preview: Preview;
  readonly pullRequest: number;
}

/** Null: no entry of `previews` has this name with a number. No target has, either: headgate.yml would be refused. */
export function previewNamed(name: string, { previews }: Pick<Config, 'previews'>): NamedPreview | null {
  const preview = previews.find(({ prefixes }) => mayBecome(prefixes.name, name));
  if (preview === undefined) return null;
  const pullRequest = Number(name.slice(preview.prefixes.name.length));
  return Number.isSafeInteger(pullRequest) ? { name, preview, pullRequest } : null;
}

/** A target, or a preview that exists, at the commit that its namespace records. */
export async function findTargetOrPreview(context: Context, name: string): Promise<Target> {
  const named = previewNamed(name, context.config);
  if (named === null) return findTarget(context, name);
  const { config, env, log, signal } = context;
  const runtime = localRuntime({ config, env, log, holder: 'previews', progress: () => undefined });
  try {
    return recordedTarget(named.preview, await livePreview(named, runtime, signal));
  } finally {
    runtime.close();
  }
}

/** @throws DeployError `usage` when it has no namespace */
export async function livePreview(
  { name, preview, pullRequest }: NamedPreview,
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<PreviewNamespace> {
  const target = previewTarget(preview, { number: pullRequest, branch: '', sha: '' });
  const namespaces = await openNamespacesOf(target, runtime);
  const live = (await namespaces.list(signal)).find(
    (each) => isOf(preview, each) && each.name === target.namespace && !each.isTerminating,
  );
  if (live !== undefined) return live;
  throw new DeployError('usage', {
    subject: name,
    message: `the preview is not deployed: no namespace ${target.namespace} was created for pull request ${pullRequest}`,
    remedy: `headgate status lists the previews that exist, and headgate deploy ${name} creates it.`,
  });
}

/** Was the namespace created for this entry? */
export function isOf({ name, prefixes, settings }: Preview, { name: namespace, record }: PreviewNamespace): boolean {
  const { repository, preview, pullRequest } = record;
  return (
    repository === settings.repository.url && preview === name && namespace === `${prefixes.namespace}${pullRequest}`
  );
}

/** A target that suffices to read the state of a preview. Only the Git host knows the branch. */
export function recordedTarget(preview: Preview, { record }: PreviewNamespace): Target {
  return previewTarget(preview, { number: record.pullRequest, branch: '', sha: record.head });
}
