import type { TargetTemplate } from '../../src/config/checked/config.ts';
import { configOf } from './builders.ts';

/** A file with two clusters and these targets, one per line, beginning on line 9. */
export function fileWith(...targets: readonly string[]): string {
  return `clusters:
  lab: { kubeconfig: { context: lab } }
  prod: { kubeconfig: { context: prod } }
repositories:
  fleet:
    host: git
    url: https://example.com/fleet.git
targets:
${targets.map((target) => `  - { repository: fleet, branch: main, ${target} }`).join('\n')}
`;
}

export const FOR_EACH =
  'forEach: { directories: "clusters/*/apps/*", clusters: [lab, prod], namespaces: [shop, blog] }';
export const APPS = `name: "{{basename}}-{{cluster}}", cluster: "{{cluster}}", namespace: "{{basename}}", ${FOR_EACH}`;

export function templatesOf(...targets: readonly string[]) {
  const config = configOf(fileWith(...targets));
  const [template] = config.templates;
  if (template === undefined) throw new Error('no template');
  return { config, template };
}

export function templateOf(...targets: readonly string[]): TargetTemplate {
  return templatesOf(...targets).template;
}
