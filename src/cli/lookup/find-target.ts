import type { Target } from '../../config/checked/config.ts';
import { mayBecome } from '../../config/previews/preview-names.ts';
import { nearest } from '../../config/written/nearest.ts';
import { mayResolveTo } from '../../config/written/placeholders.ts';
import type { GeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { LocalObjects } from '../../git/local-objects.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Context } from '../terminal/context.ts';

/** Where the directories of templates are read. */
export interface ReadAt {
  /** Null: the tip. */
  readonly revision: Revision | null;
  readonly localObjects: LocalObjects | null;
}

const TIP: ReadAt = { revision: null, localObjects: null };

/**
 * Finds a target in headgate.yml, or one generated from a directory at the tip (or at another commit). Reads Git only if
 * a template could generate this name.
 * @throws DeployError `usage` when there is no such target, or the reason why its directory is refused
 */
export async function findTarget(context: Context, name: string, at: ReadAt = TIP): Promise<Target> {
  const { config, configPath } = context;
  const target = config.targets.find((candidate) => candidate.name === name);
  if (target !== undefined) return target;
  if (config.previews.some(({ prefixes }) => mayBecome(prefixes.name, name))) throw isPreview(name);
  const templates = config.templates.filter((template) => mayResolveTo(template.name, name));
  if (templates.length === 0) throw unknown(name, configPath, config.targets);
  const generated = await readGeneratedTargets(templates, context, at);
  const found = generated.targets.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const [problem] = [
    ...generated.refused.filter((refused) => refused.name === name).flatMap(({ problems }) => problems),
    ...generated.problems,
  ];
  if (problem !== undefined) throw new DeployError(problem.code, problem);
  throw unknown(name, configPath, [...config.targets, ...generated.targets], LEFTOVER_HINT);
}

/** It follows a pull request, not a branch that could be held or rolled back. */
function isPreview(name: string): DeployError {
  return new DeployError('usage', {
    subject: name,
    message: `${name} is a preview, and this command does not support previews`,
    remedy:
      'Use status, plan, deploy, history, diff or uninstall. A preview always deploys the head of its pull request.',
  });
}

const LEFTOVER_HINT =
  'If its directory was removed, run headgate uninstall NAME --cluster C --namespace N; headgate status lists what is left over.';

async function readGeneratedTargets(
  templates: Context['config']['templates'],
  { config, env, log, dataDir, signal }: Pick<Context, 'config' | 'env' | 'log' | 'dataDir' | 'signal'>,
  { revision, localObjects }: ReadAt,
): Promise<GeneratedTargets> {
  const { localRuntime } = await import('../../app/local/local-runtime.ts');
  const { listGeneratedTargets } = await import('../../deploy/targets/list-generated-targets.ts');
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress: () => undefined, localObjects });
  try {
    return await listGeneratedTargets(templates, { ...runtime, at: revision }, signal);
  } finally {
    runtime.close();
  }
}

function unknown(name: string, configPath: string, targets: readonly Target[], hint = ''): DeployError {
  const names = targets.map((candidate) => candidate.name);
  const meant = nearest(name, names);
  const choices = names.length === 0 ? `Define it in ${configPath}.` : `Use one of ${names.join(', ')}.`;
  return new DeployError('usage', {
    subject: configPath,
    message: `no target is named ${name}`,
    remedy: [meant === null ? choices : `Did you mean ${meant}?`, hint].join(' ').trim(),
  });
}
