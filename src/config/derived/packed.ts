import type { Config, TargetTemplate, Target, TargetSettings } from '../checked/config.ts';

/** A checked configuration as JSON. Functions are packaged with it, so that they start without parsing YAML. */
export interface PackedConfig {
  readonly keys: Config['keys'];
  readonly clusters: readonly (Config['clusters'] extends ReadonlyMap<string, infer Cluster> ? Cluster : never)[];
  readonly repositories: readonly (Config['repositories'] extends ReadonlyMap<string, infer Repository>
    ? Repository
    : never)[];
  /** Refer to repositories and clusters by name. */
  readonly targets: readonly (Omit<Target, 'repository' | 'cluster'> & {
    readonly repository: string;
    readonly cluster: string;
  })[];
  readonly templates: readonly (Omit<TargetTemplate, 'forEach' | 'settings'> & {
    readonly forEach: Omit<TargetTemplate['forEach'], 'clusters'> & { readonly clusters: readonly string[] };
    readonly settings: Omit<TargetSettings, 'repository'> & { readonly repository: string };
  })[];
}

export function packConfig({ keys, clusters, repositories, targets, templates }: Config): PackedConfig {
  return {
    keys,
    clusters: [...clusters.values()],
    repositories: [...repositories.values()],
    targets: targets.map((target) => ({
      ...target,
      repository: target.repository.name,
      cluster: target.cluster.name,
    })),
    templates: templates.map((template) => ({
      ...template,
      forEach: { ...template.forEach, clusters: template.forEach.clusters.map(({ name }) => name) },
      settings: { ...template.settings, repository: template.settings.repository.name },
    })),
  };
}

export function unpackConfig({ keys, clusters, repositories, targets, templates }: PackedConfig): Config {
  const byName = <T extends { readonly name: string }>(entries: readonly T[]) =>
    new Map(entries.map((entry) => [entry.name, entry]));
  const config = { clusters: byName(clusters), repositories: byName(repositories) };
  return {
    ...config,
    keys,
    // Only the set-up commands use it.
    aws: { region: null, stage: null },
    warnings: [],
    // Refused when functions are packaged (src/platforms/aws/lambda/packable.ts).
    images: new Map(),
    previews: [],
    promotions: new Map(),
    // Functions refuse targets that use one.
    channels: new Map(),
    targets: targets.map((target) => ({
      ...target,
      repository: found(config.repositories, target.repository),
      cluster: found(config.clusters, target.cluster),
    })),
    templates: templates.map(({ forEach, settings, ...template }) => ({
      ...template,
      forEach: { ...forEach, clusters: forEach.clusters.map((name) => found(config.clusters, name)) },
      settings: { ...settings, repository: found(config.repositories, settings.repository) },
    })),
  };
}

function found<T>(entries: ReadonlyMap<string, T>, name: string): T {
  const entry = entries.get(name);
  if (entry === undefined) throw new TypeError(`the packed configuration refers to ${name}, which it does not contain`);
  return entry;
}
