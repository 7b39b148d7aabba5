import type { ClusterConfig } from '../checked/config.ts';

/** Whether the sweep reads this cluster with a role that can do nothing else. */
export function hasReadRole(cluster: ClusterConfig): boolean {
  return cluster.kind === 'eks' && cluster.readRole !== null;
}
