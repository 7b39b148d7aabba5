import type { Target } from '../../config/checked/config.ts';

/** The shell command that uninstalls a target, even one that no template generates anymore. */
export function uninstallHint({ name, cluster, namespace }: Pick<Target, 'name' | 'cluster' | 'namespace'>): string {
  return `headgate uninstall ${name} --cluster ${cluster.name} --namespace ${namespace}`;
}
