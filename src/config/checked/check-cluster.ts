import type { ClusterConfig } from './config.ts';
import { checkReference } from './check-repository.ts';
import type { Path } from '../written/document.ts';
import type { Findings } from '../written/findings.ts';
import * as shape from '../written/shape.ts';
import { resolvePath } from '../written/location.ts';
import type { ConfigLocation } from '../written/location.ts';

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
  const at = { path: [...path, 'kubeconfig'], location, findings };
  const kubeconfig = checkKubeconfig(written.kubeconfig, at);
  return kubeconfig === null ? null : { kind: 'kubeconfig', name, ...kubeconfig, insecure: written.insecure };
}

function checkKubeconfig(
  value: unknown,
  { path, location, findings }: { readonly path: Path; readonly location: ConfigLocation; readonly findings: Findings },
): Pick<Extract<ClusterConfig, { kind: 'kubeconfig' }>, 'path' | 'secret' | 'context'> | null {
  const written = findings.parse(shape.kubeconfig, value, path);
  if (written === null) return null;
  const { context = null } = written;
  if (written.secret === undefined) {
    return { path: written.path === undefined ? null : resolvePath(written.path, location), secret: null, context };
  }
  if (written.path !== undefined) {
    findings.error([...path, 'secret'], { message: 'cannot be combined with path', remedy: 'Remove one of the two.' });
    return null;
  }
  const secret = checkReference(written.secret, [...path, 'secret'], { location, findings });
  return secret === null ? null : { path: null, secret, context };
}

function checkEks(
  name: string,
  value: unknown,
  { path, findings }: { readonly path: Path; readonly findings: Findings },
): ClusterConfig | null {
  const eks = findings.parse(shape.eks, value, path);
  if (eks === null) return null;
  const { name: cluster, region, role = null, readRole = null, externalId = null } = eks;
  return { kind: 'eks', name, cluster, region, role, readRole, externalId };
}
