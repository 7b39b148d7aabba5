import type { Target } from '../config/config.ts';
import { matchName } from '../config/directory-glob.ts';
import { nearest } from '../config/nearest.ts';
import { withoutTemplates } from '../config/template.ts';
import type { MadeTargets } from '../deploy/look-at-rules.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { Revision } from '../resource/source.ts';
import type { Context } from './context.ts';

/**
 * A target of the file, or one that a rule makes of a directory at the tip (`at`: at this commit): Git is read only when a
 * rule could make one of this name. @throws DeployError `usage` when there is none; what stands against the directory
 */
export async function findTarget(context: Context, name: string, at: Revision | null = null): Promise<Target> {
  const { config, configPath } = context;
  const target = config.targets.find((candidate) => candidate.name === name);
  if (target !== undefined) return target;
  const rules = config.rules.filter((rule) => matchName(withoutTemplates(rule.name, '*'), name) !== null);
  if (rules.length === 0) throw unknown(name, configPath, config.targets);
  const made = await lookAt(rules, context, at);
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
  rules: Context['config']['rules'],
  { config, env, log, dataDir, signal }: Pick<Context, 'config' | 'env' | 'log' | 'dataDir' | 'signal'>,
  at: Revision | null,
): Promise<MadeTargets> {
  const { localRuntime } = await import('../local/runtime.ts');
  const { lookAtRules } = await import('../deploy/look-at-rules.ts');
  const runtime = localRuntime({ config, env, log, holder: dataDir, progress: () => undefined });
  try {
    return await lookAtRules(rules, { ...runtime, at }, signal);
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
