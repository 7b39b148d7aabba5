import { isAbsolute, join, resolve } from 'node:path';
import type { ClusterConfig } from './config.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import * as shape from '../written/shape.ts';

/** Where headgate.yml is, and what its relative paths start from. */
export interface ConfigLocation {
  /** The absolute path of the file's directory. */
  readonly directory: string;
  /** Replaces `~`; null when HOME is not set. */
  readonly home: string | null;
  /** The file's name without its directory, which commits must not reveal. */
  readonly shownAs: string;
}

export function resolvePath(path: string, { directory, home }: ConfigLocation): string {
  if (path.startsWith('~/') && home !== null) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(directory, path);
}

export function checkCluster(
  { name, value, path }: { readonly name: string; readonly value: unknown; readonly path: Path },
  location: ConfigLocation,
  findings: Findings,
): ClusterConfig | null {
  const written = findings.parse(shape.cluster, value, path);
  if (written === null) return null;
  if (written.eks !== undefined && written.kubeconfig !== undefined) {
    const remedy = 'Remove one of the two.';
    findings.error([...path, 'eks'], { message: 'cannot be combined with kubeconfig', remedy });
    return null;
  }
  if (written.eks !== undefined) return checkEks(name, written.eks, { path: [...path, 'eks'], findings });
  if (written.kubeconfig === undefined) {
    const remedy = 'Add kubeconfig: { path: ./kubeconfig, context: lab }, or eks: { name: prod, region: eu-west-1 }.';
    findings.error(path, { message: 'must have kubeconfig or eks', remedy });
    return null;
  }
  const kubeconfig = findings.parse(shape.kubeconfig, written.kubeconfig, [...path, 'kubeconfig']);
  if (kubeconfig === null) return null;
  return {
    kind: 'kubeconfig',
    name,
    path: kubeconfig.path === undefined ? null : resolvePath(kubeconfig.path, location),
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
