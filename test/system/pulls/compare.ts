import { inject } from 'vitest';
import { kubectl } from '../../rig/cluster/control-plane.ts';

/** The ConfigMaps of a namespace, each as text, without those that Headgate and Kubernetes write. */
export type Seen = Readonly<Record<string, string>>;

interface List {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly annotations?: object; readonly labels?: object };
    readonly data?: object;
  }[];
}

export async function configMapsIn(namespace: string): Promise<Seen> {
  const { stdout } = await kubectl(inject('cluster'), ['-n', namespace, 'get', 'configmaps', '-o', 'json']);
  const list = JSON.parse(stdout) as List;
  const own = list.items.filter(({ metadata: { name } }) => !/^headgate-|^kube-root-ca/.test(name));
  return Object.fromEntries(
    own.map(({ metadata: { name, annotations, labels }, data }) => [name, JSON.stringify([annotations, labels, data])]),
  );
}

/** What is different in the cluster: `create n1`, `update c2`, `prune c3`. */
export function changesOf(before: Seen, after: Seen): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .flatMap((name) => {
      if (before[name] === after[name]) return [];
      if (before[name] === undefined) return [`create ${name}`];
      return [after[name] === undefined ? `prune ${name}` : `update ${name}`];
    })
    .toSorted();
}

/** What a comment says, in the same words. */
export function shownIn(comment: string): readonly string[] {
  const rows = [
    ...comment.matchAll(/^\| `(create|update|prune|replace|release)[^`]*` \| `ConfigMap [^/]+\/([^`]+)`/gm),
  ];
  return rows.map(([, op = '', name = '']) => `${op} ${name}`).toSorted();
}
