import type { Config } from '../../../config/checked/config.ts';

/** The roles of clusters that the functions assume, and so may assume: exactly those that headgate.yml names. */
export function clusterRoles({ targets, templates }: Pick<Config, 'targets' | 'templates'>): readonly string[] {
  const uses = [
    ...targets.map(({ role, cluster }) => ({ role, cluster })),
    ...templates.flatMap(({ settings: { role }, forEach }) => forEach.clusters.map((cluster) => ({ role, cluster }))),
  ];
  const roles = uses.flatMap(({ role, cluster }) => (cluster.kind === 'eks' ? (role ?? cluster.role ?? []) : []));
  return [...new Set(roles)].toSorted();
}
