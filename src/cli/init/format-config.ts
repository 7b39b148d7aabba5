import { stringify } from 'yaml';
import type { FoundTarget } from './find-targets.ts';
import { slugOf } from './names.ts';

export interface InitialConfig {
  readonly repository: { readonly name: string; readonly host: string; readonly url: string };
  readonly cluster: { readonly name: string; readonly kubeconfig: string; readonly context: string };
  readonly branch: string;
  /** For targets whose files name none. */
  readonly namespace: string;
  readonly targets: readonly FoundTarget[];
}

/** A commented headgate.yml. */
export function formatConfig({ repository, cluster, branch, namespace, targets }: InitialConfig): string {
  return `# Written by headgate init. headgate explain KEY shows what a key means.
# Keep this file out of the repositories that it deploys: anyone who can push could choose clusters and limits.
clusters:
  ${scalar(cluster.name)}:
    kubeconfig: { path: ${scalar(cluster.kubeconfig)}, context: ${scalar(cluster.context)} }

repositories:
${repositoryLines(repository)}

targets:
${targets.map((target) => targetEntry(target, { repository, cluster, branch, namespace })).join('\n')}`;
}

/** The entry of a repository, with references to the secrets that it needs. */
export function repositoryLines(repository: InitialConfig['repository']): string {
  const variable = variableOf(repository.name);
  const entry =
    repository.host === 'git'
      ? `    # Any Git server: pushes are found by the sweep, every minute. To be faster, install hooks/post-receive
    # (headgate connect ${repository.name} prints how) and set webhookSecret: env:${variable}_WEBHOOK_SECRET.`
      : `    webhookSecret: env:${variable}_WEBHOOK_SECRET # a reference, never the value
    credentials: env:${variable}_TOKEN # reads Git, writes commit statuses`;
  return `  ${repository.name}:
    host: ${repository.host}
    url: ${scalar(repository.url)}
${entry}`;
}

export const variableOf = (repository: string) => repository.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');

/** The name of a target, from its path: up to 40 lowercase letters, digits and dashes. */
export function targetName(repository: string, { path }: FoundTarget): string {
  return slugOf(path === '' ? repository : path, 40);
}

type Shared = Omit<InitialConfig, 'targets'>;

function targetEntry(target: FoundTarget, { repository, cluster, branch, namespace }: Shared): string {
  const { path, renderer, namespaces, isClusterScoped, exclude } = target;
  const own = target.namespace ?? namespace;
  const others = [...new Set([own, ...namespaces])];
  return [
    `  - name: ${scalar(targetName(repository.name, target))} # ${COMMENT[renderer]}`,
    `    repository: ${repository.name}`,
    `    branch: ${scalar(branch)}`,
    ...(path === '' ? [] : [`    path: ${scalar(path)}`]),
    `    cluster: ${scalar(cluster.name)}`,
    `    namespace: ${scalar(own)}`,
    ...(others.length > 1 ? [`    namespaces: [${others.map(scalar).join(', ')}]`] : []),
    '    createNamespace: true # if it is missing',
    ...(isClusterScoped ? ['    clusterScoped: true # the files have objects without a namespace'] : []),
    ...(exclude.length > 0 ? [`    exclude: ${JSON.stringify(exclude)} # not manifests of this target`] : []),
    '',
  ].join('\n');
}

const COMMENT = { plain: 'plain manifests', kustomize: 'a kustomization', helm: 'a Helm chart' } as const;

/** A YAML scalar on one line. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trim();
}
