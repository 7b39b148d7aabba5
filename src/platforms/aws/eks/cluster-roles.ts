import type { Config } from '../../../config/checked/config.ts';

/** The roles of clusters that the functions assume, and so may assume: exactly those that headgate.yml names. */
export function clusterRoles(
  { targets, templates, previews }: Pick<Config, 'targets' | 'templates' | 'previews'>,
  { isReader }: { readonly isReader: boolean },
): readonly string[] {
  const uses = [
    ...targets.map(({ role, cluster }) => ({ role, cluster })),
    ...templates.flatMap(({ settings: { role }, forEach }) => forEach.clusters.map((cluster) => ({ role, cluster }))),
    ...previews.map(({ settings: { role }, cluster }) => ({ role, cluster })),
  ];
  const roles = uses.flatMap(({ role, cluster }) => {
    if (cluster.kind !== 'eks') return [];
    return (isReader ? cluster.readRole : null) ?? role ?? cluster.role ?? [];
  });
  return [...new Set(roles)].toSorted();
}
