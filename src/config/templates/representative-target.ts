import type { ClusterConfig, TargetTemplate, Target } from '../checked/config.ts';
import { placeholdersIn, replacePlaceholders } from '../written/placeholders.ts';

/**
 * Represents all targets that a template generates in one namespace of one cluster. Access is granted to the template, so
 * that a new directory needs no further rights.
 */
function representativeTarget({ name, settings }: TargetTemplate, cluster: ClusterConfig, namespace: string): Target {
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

/** `{{basename}}-{{segment.1}}` becomes `rule-basename-segment-1`. */
function slugOf(name: string): string {
  const words = [...placeholdersIn(name)];
  return `rule-${replacePlaceholders(name, '\u0000').replaceAll('\u0000', () => (words.shift() ?? '').replace('.', '-'))}`;
}

/** The templates that may deploy to this cluster, once for each namespace that they may use. */
export function representativeTargets(templates: readonly TargetTemplate[], cluster: ClusterConfig): readonly Target[] {
  return templates
    .filter(({ forEach }) => forEach.clusters.some(({ name }) => name === cluster.name))
    .flatMap((template) =>
      template.forEach.namespaces.map((namespace) => representativeTarget(template, cluster, namespace)),
    );
}
