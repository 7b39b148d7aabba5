import type { ClusterConfig, Rule, Target } from '../config/config.ts';
import { withoutTemplates, wordsIn } from '../config/template.ts';

/**
 * All targets of a rule in one namespace of one cluster, as far as rights go: they are the rule's, so that a new directory
 * needs none of its own.
 */
export function ruleTarget({ name, settings }: Rule, cluster: ClusterConfig, namespace: string): Target {
  return { ...settings, name: slugOf(name), path: '', cluster, namespace, namespaces: [namespace], from: null };
}

/** `{{basename}}-{{segment.1}}` is `rule-basename-segment-1`. */
function slugOf(name: string): string {
  const words = [...wordsIn(name)];
  return `rule-${withoutTemplates(name, '\u0000').replaceAll('\u0000', () => (words.shift() ?? '').replace('.', '-'))}`;
}

/** A rule on one cluster, once for each namespace that it may use. */
export function ruleTargets(rules: readonly Rule[], cluster: ClusterConfig): readonly Target[] {
  return rules
    .filter(({ forEach }) => forEach.clusters.some(({ name }) => name === cluster.name))
    .flatMap((rule) => rule.forEach.namespaces.map((namespace) => ruleTarget(rule, cluster, namespace)));
}
