import type { Target } from '../../config/checked/config.ts';
import { matchName } from '../../config/written/directory-glob.ts';
import { nearest } from '../../config/written/nearest.ts';
import { replacePlaceholders } from '../../config/written/placeholders.ts';
import type { GeneratedTargets } from '../../deploy/targets/list-generated-targets.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Context } from '../terminal/context.ts';

/**
 * A target of the file, or one that a template makes of a directory at the tip (`at`: at this commit): Git is read only when a
 * template could make one of this name. @throws DeployError `usage` when there is none; what stands against the directory
 */
export async function findTarget(context: Context, name: string, at: Revision | null = null): Promise<Target> {
  const { config, configPath } = context;
  const target = config.targets.find((candidate) => candidate.name === name);
  if (target !== undefined) return target;
  const templates = config.templates.filter(
    (template) => matchName(replacePlaceholders(template.name, '*'), name) !== null,
  );
  if (templates.length === 0) throw unknown(name, configPath, config.targets);
  const made = await lookAt(templates, context, at);
  const found = made.targets.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const [problem] = [
    ...made.refused.filter((refused) => refused.name === name).flatMap(({ problems }) => problems),
    ...made.problems,
  ];
  if (problem !== undefined) throw new DeployError(problem.code, problem);
  throw unknown(name, configPath, [...config.targets, ...made.targets], LEFT_OVER);
}

const LEFT_OVER =
  'What is left of a directory that is gone is listed by headgate status, and goes with headgate uninstall NAME --cluster C --namespace N.';

async function lookAt(
  templates: Context['config']['templates'],
  { config, env, log, dataDir, signal }: Pick<Context, 'config' | 'env' | 'log' | 'dataDir' | 'signal'>,
  at: Revision | null,
): Promise<GeneratedTargets> {
  const { localRuntime } = await import('../../app/local/local-runtime.ts');
  const { listGeneratedTargets } = await import('../../deploy/targets/list-generated-targets.ts');
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress: () => undefined });
  try {
    return await listGeneratedTargets(templates, { ...runtime, at }, signal);
  } finally {
    runtime.close();
  }
}

function unknown(name: string, configPath: string, targets: readonly Target[], more = ''): DeployError {
  const names = targets.map((candidate) => candidate.name);
  const meant = nearest(name, names);
  const known = names.length === 0 ? 'There are none in the file.' : `Known are ${names.join(', ')}.`;
  return new DeployError('usage', {
    subject: configPath,
    message: `there is no target ${name}`,
    remedy: [meant === null ? known : `Did you mean ${meant}?`, more].join(' ').trim(),
  });
}
