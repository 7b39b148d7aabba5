import { isAbsolute, join, resolve } from 'node:path';
import type { ClusterConfig } from './config.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import * as shape from '../written/shape.ts';

/** Where the paths of headgate.yml begin. */
export interface Places {
  /** Absolute: the directory of the file. */
  readonly directory: string;
  /** What `~` stands for; null when nobody knows. */
  readonly home: string | null;
  /** The file as a commit may name it: without where it lies. */
  readonly shownAs: string;
}

export function resolvePath(path: string, { directory, home }: Places): string {
  if (path.startsWith('~/') && home !== null) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(directory, path);
}

export function checkCluster(
  { name, value, path }: { readonly name: string; readonly value: unknown; readonly path: Path },
  places: Places,
  findings: Findings,
): ClusterConfig | null {
  const written = findings.parse(shape.cluster, value, path);
  if (written === null) return null;
  if (written.eks !== undefined && written.kubeconfig !== undefined) {
    findings.mistake([...path, 'eks'], { message: 'stands beside kubeconfig', remedy: 'Keep one of the two.' });
    return null;
  }
  if (written.eks !== undefined) return checkEks(name, written.eks, { path: [...path, 'eks'], findings });
  if (written.kubeconfig === undefined) {
    const remedy = 'Add kubeconfig: { path: ./kubeconfig, context: lab }, or eks: { name: prod, region: eu-west-1 }.';
    findings.mistake(path, { message: 'has neither kubeconfig nor eks', remedy });
    return null;
  }
  const kubeconfig = findings.parse(shape.kubeconfig, written.kubeconfig, [...path, 'kubeconfig']);
  if (kubeconfig === null) return null;
  return {
    kind: 'kubeconfig',
    name,
    path: kubeconfig.path === undefined ? null : resolvePath(kubeconfig.path, places),
    context: kubeconfig.context ?? null,
    insecure: written.insecure,
  };
}

function checkEks(
  name: string,
  value: unknown,
  { path, findings }: { readonly path: Path; readonly findings: Findings },
): ClusterConfig | null {
  const eks = findings.parse(shape.eks, value, path);
  if (eks === null) return null;
  const { name: cluster, region, role, externalId } = eks;
  return { kind: 'eks', name, cluster, region, role: role ?? null, externalId: externalId ?? null };
}
