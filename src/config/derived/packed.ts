import type { ChannelConfig } from '../checked/channel.ts';
import type {
  Config,
  ImagePolicy,
  ImageWrite,
  Preview,
  Promotion,
  PromotionStep,
  Target,
  TargetSettings,
  TargetTemplate,
} from '../checked/config.ts';

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
    readonly settings: PackedSettings;
  })[];
  readonly previews: readonly (Omit<Preview, 'cluster' | 'settings'> & {
    readonly cluster: string;
    readonly settings: PackedSettings;
  })[];
  readonly images: readonly (Omit<ImagePolicy, 'writes'> & {
    readonly writes: readonly (Omit<ImageWrite, 'repository'> & { readonly repository: string })[];
  })[];
  /** Refer to targets by name. */
  readonly promotions: readonly (Omit<Promotion, 'steps'> & {
    readonly steps: readonly {
      readonly to: string;
      readonly from: Omit<PromotionStep['from'], 'targets'> & { readonly targets: readonly string[] };
    }[];
  })[];
  readonly channels: readonly ChannelConfig[];
}

type PackedSettings = Omit<TargetSettings, 'repository'> & { readonly repository: string };

export function packConfig(config: Config): PackedConfig {
  const { keys, clusters, repositories, targets, templates, previews, images, promotions, channels } = config;
  return {
    keys,
    channels: [...channels.values()],
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
      settings: packSettings(template.settings),
    })),
    previews: previews.map(({ cluster, settings, ...preview }) => ({
      ...preview,
      cluster: cluster.name,
      settings: packSettings(settings),
    })),
    images: [...images.values()].map(({ writes, ...image }) => ({
      ...image,
      writes: writes.map((write) => ({ ...write, repository: write.repository.name })),
    })),
    promotions: [...promotions.values()].map(({ steps, ...promotion }) => ({
      ...promotion,
      steps: steps.map(({ to, from }) => ({
        to: to.name,
        from: { ...from, targets: from.targets.map(({ name }) => name) },
      })),
    })),
  };
}

function packSettings(settings: TargetSettings): PackedSettings {
  return { ...settings, repository: settings.repository.name };
}

export function unpackConfig(packed: PackedConfig): Config {
  const { keys, clusters, repositories, templates, previews, images, promotions, channels } = packed;
  const byName = <T extends { readonly name: string }>(entries: readonly T[]) =>
    new Map(entries.map((entry) => [entry.name, entry]));
  const config = { clusters: byName(clusters), repositories: byName(repositories) };
  const withRepository = <T extends { readonly repository: string }>(of: T) => ({
    ...of,
    repository: found(config.repositories, of.repository),
  });
  const withCluster = <T extends { readonly cluster: string }>(of: T) => ({
    ...of,
    cluster: found(config.clusters, of.cluster),
  });
  const targets = packed.targets.map((target) => withCluster(withRepository(target)));
  const named = byName(targets);
  return {
    ...config,
    targets,
    keys,
    // Only the set-up commands use it.
    aws: { region: null, stage: null },
    warnings: [],
    channels: byName(channels),
    templates: templates.map(({ forEach, settings, ...template }) => ({
      ...template,
      forEach: { ...forEach, clusters: forEach.clusters.map((name) => found(config.clusters, name)) },
      settings: withRepository(settings),
    })),
    previews: previews.map((preview) => withCluster({ ...preview, settings: withRepository(preview.settings) })),
    images: byName(images.map((image) => ({ ...image, writes: image.writes.map(withRepository) }))),
    promotions: byName(
      promotions.map((promotion) => ({
        ...promotion,
        steps: promotion.steps.map(({ to, from }) => ({
          to: found(named, to),
          from: { ...from, targets: from.targets.map((name) => found(named, name)) },
        })),
      })),
    ),
  };
}

function found<T>(entries: ReadonlyMap<string, T>, name: string): T {
  const entry = entries.get(name);
  if (entry === undefined) throw new TypeError(`the packed configuration refers to ${name}, which it does not contain`);
  return entry;
}
