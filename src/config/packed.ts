import type { Config, Target } from './config.ts';

/** A checked configuration as JSON: what a function is packed with, so that it starts without reading YAML. */
export interface PackedConfig {
  readonly clusters: readonly (Config['clusters'] extends ReadonlyMap<string, infer Cluster> ? Cluster : never)[];
  readonly repositories: readonly (Config['repositories'] extends ReadonlyMap<string, infer Repository>
    ? Repository
    : never)[];
  /** Repository and cluster by their names. */
  readonly targets: readonly (Omit<Target, 'repository' | 'cluster'> & {
    readonly repository: string;
    readonly cluster: string;
  })[];
}

export function packConfig({ clusters, repositories, targets }: Config): PackedConfig {
  return {
    clusters: [...clusters.values()],
    repositories: [...repositories.values()],
    targets: targets.map((target) => ({
      ...target,
      repository: target.repository.name,
      cluster: target.cluster.name,
    })),
  };
}

export function unpackConfig({ clusters, repositories, targets }: PackedConfig): Config {
  const byName = <T extends { readonly name: string }>(entries: readonly T[]) =>
    new Map(entries.map((entry) => [entry.name, entry]));
  const config = { clusters: byName(clusters), repositories: byName(repositories), warnings: [] };
  return {
    ...config,
    targets: targets.map((target) => ({
      ...target,
      repository: found(config.repositories, target.repository),
      cluster: found(config.clusters, target.cluster),
    })),
  };
}

function found<T>(entries: ReadonlyMap<string, T>, name: string): T {
  const entry = entries.get(name);
  if (entry === undefined) throw new TypeError(`the packed configuration names ${name} and does not have it`);
  return entry;
}
