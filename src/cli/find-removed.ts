import type { Target } from '../config/config.ts';
import { nearest } from '../config/nearest.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { Context } from './context.ts';
import { findTarget } from './context.ts';

/** A target of the file, or one that was taken out of it and is named by where it lives. */
export async function findRemoved(
  { config, configPath }: Pick<Context, 'config' | 'configPath'>,
  { name, cluster, namespace }: { name: string; cluster: string | undefined; namespace: string | undefined },
): Promise<Target> {
  if (cluster === undefined && namespace === undefined) return findTarget(config, name, configPath);
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
  const { removedTarget } = await import('../config/removed-target.ts');
  return removedTarget({ name, namespace }, found);
}

function usage(message: string, remedy: string): DeployError {
  return new DeployError('usage', { subject: 'headgate uninstall', message, remedy });
}
