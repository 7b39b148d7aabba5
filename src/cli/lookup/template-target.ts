import type { ClusterConfig, TargetTemplate, Target } from '../../config/checked/config.ts';
import { replacePlaceholders, placeholdersIn } from '../../config/written/placeholders.ts';

/**
 * All targets of a template in one namespace of one cluster, as far as rights go: they are the template's, so that a new directory
 * needs none of its own.
 */
export function templateTarget({ name, settings }: TargetTemplate, cluster: ClusterConfig, namespace: string): Target {
  return {
    ...settings,
    name: slugOf(name),
    path: '',
    cluster,
    namespace,
    namespaces: [namespace],
    generatedFrom: null,
  };
}

/** `{{basename}}-{{segment.1}}` is `rule-basename-segment-1`. */
function slugOf(name: string): string {
  const words = [...placeholdersIn(name)];
  return `rule-${replacePlaceholders(name, '\u0000').replaceAll('\u0000', () => (words.shift() ?? '').replace('.', '-'))}`;
}

/** A template on one cluster, once for each namespace that it may use. */
export function templateTargets(templates: readonly TargetTemplate[], cluster: ClusterConfig): readonly Target[] {
  return templates
    .filter(({ forEach }) => forEach.clusters.some(({ name }) => name === cluster.name))
    .flatMap((template) =>
      template.forEach.namespaces.map((namespace) => templateTarget(template, cluster, namespace)),
    );
}
