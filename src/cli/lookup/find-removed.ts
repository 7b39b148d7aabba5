import type { Target } from '../../config/checked/config.ts';
import { matchName } from '../../config/written/directory-glob.ts';
import { nearest } from '../../config/written/nearest.ts';
import { replacePlaceholders } from '../../config/written/placeholders.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Context } from '../terminal/context.ts';
import { findTarget } from './find-target.ts';

/** A target of the file, or one that was taken out of it and is named by where it lives. */
export async function findRemoved(
  context: Context,
  { name, cluster, namespace }: { name: string; cluster: string | undefined; namespace: string | undefined },
): Promise<Target> {
  if (cluster === undefined && namespace === undefined) return findTarget(context, name);
  const { config } = context;
  if (cluster === undefined || namespace === undefined) {
    throw usage('--cluster and --namespace belong together', 'Give both, or none for a target that is in the file.');
  }
  const found = config.clusters.get(cluster);
  if (found === undefined) {
    const meant = nearest(cluster, config.clusters.keys());
    const known = `Known are ${[...config.clusters.keys()].join(', ')}.`;
    throw usage(`there is no cluster ${cluster}`, meant === null ? known : `Did you mean ${meant}?`);
  }
  // A target that is in the file is what the file says, wherever else it may live too.
  const known = config.targets.find((target) => target.name === name && target.namespace === namespace);
  if (known !== undefined && known.cluster.name === cluster) return known;
  const { removedTarget } = await import('../../config/checked/removed-target.ts');
  return { ...removedTarget({ name, namespace }, found), ...identityOf({ name, namespace, cluster }, config) };
}

/** What a template made is taken away as whom the template deploys. */
function identityOf(
  { name, namespace, cluster }: { name: string; namespace: string; cluster: string },
  { templates }: Context['config'],
): Partial<Pick<Target, 'role' | 'serviceAccount'>> {
  const template = templates.find(
    ({ name: pattern, forEach }) =>
      matchName(replacePlaceholders(pattern, '*'), name) !== null &&
      forEach.namespaces.includes(namespace) &&
      forEach.clusters.some((each) => each.name === cluster),
  );
  return template === undefined
    ? {}
    : { role: template.settings.role, serviceAccount: template.settings.serviceAccount };
}

function usage(message: string, remedy: string): DeployError {
  return new DeployError('usage', { subject: 'headgate uninstall', message, remedy });
}
