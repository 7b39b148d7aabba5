import type { Target } from '../../config/checked/config.ts';

/** The command that uninstalls a target, to be pasted into a shell; it works for a target that no template generates any more. */
export function uninstallHint({ name, cluster, namespace }: Pick<Target, 'name' | 'cluster' | 'namespace'>): string {
  return `headgate uninstall ${name} --cluster ${cluster.name} --namespace ${namespace}`;
}
