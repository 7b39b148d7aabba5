import type { Target } from '../../config/checked/config.ts';
import { nearest } from '../../config/written/nearest.ts';
import { mayResolveTo } from '../../config/written/placeholders.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Context } from '../terminal/context.ts';
import { findTarget } from './find-target.ts';

/** Finds a target in headgate.yml, or describes one that was removed from it by its cluster and namespace. */
export async function findRemovedTarget(
  context: Context,
  { name, cluster, namespace }: { name: string; cluster: string | undefined; namespace: string | undefined },
): Promise<Target> {
  if (cluster === undefined && namespace === undefined) return findTarget(context, name);
  const { config } = context;
  if (cluster === undefined || namespace === undefined) {
    throw usage(
      '--cluster and --namespace must be given together',
      'Give both, or neither for a target that is in headgate.yml.',
    );
  }
  const clusterConfig = config.clusters.get(cluster);
  if (clusterConfig === undefined) {
    const meant = nearest(cluster, config.clusters.keys());
    const choices = `Use one of ${[...config.clusters.keys()].join(', ')}.`;
    throw usage(`no cluster is named ${cluster}`, meant === null ? choices : `Did you mean ${meant}?`);
  }
  // If headgate.yml still has this target at this place, its settings apply.
  const known = config.targets.find((target) => target.name === name && target.namespace === namespace);
  if (known !== undefined && known.cluster.name === cluster) return known;
  const { removedTarget } = await import('../../config/derived/removed-target.ts');
  return { ...removedTarget({ name, namespace }, clusterConfig), ...identityOf({ name, namespace, cluster }, config) };
}

/** A generated target is uninstalled with the role and service account of its template. */
function identityOf(
  { name, namespace, cluster }: { name: string; namespace: string; cluster: string },
  { templates }: Context['config'],
): Partial<Pick<Target, 'role' | 'serviceAccount'>> {
  const template = templates.find(
    ({ name: pattern, forEach }) =>
      mayResolveTo(pattern, name) &&
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
