import { METADATA_ONLY } from '../api/metadata.ts';
import { problemOf } from '../api/status.ts';
import type { GatherContext } from './context.ts';
import { resolveNamespaces } from '../../plan/planner/resolve-namespace.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import { definesKind } from '../../plan/refusals/defines-kind.ts';
import type { Scope } from '../../plan/planner/resolve-namespace.ts';
import { isObject } from '../../resource/resource.ts';
import type { Manifest, Resource } from '../../resource/resource.ts';
import type { ClusterRun } from '../state/run.ts';

export async function namespaceExists({ connection, target }: GatherContext, signal: AbortSignal): Promise<boolean> {
  const answer = await connection.request(
    { method: 'GET', path: `/api/v1/namespaces/${target.namespace}`, accept: METADATA_ONLY },
    signal,
  );
  if (answer.status === 404) return false;
  // Without the right to read namespaces, assume it exists: the first write fails otherwise.
  if (answer.status === 403 || answer.status < 300) return true;
  throw await problemOf(answer, { subject: `Namespace ${target.namespace}`, secret: false });
}

/** Resolves the namespace of every manifest, with kinds that the same push defines. */
export async function resolveManifests(
  desired: Desired,
  { kinds, connection, target }: GatherContext,
  signal: AbortSignal,
) {
  await kinds.learn(connection, desired.manifests, signal);
  return resolveNamespaces(desired.manifests, target, (manifest) => scopeOf(manifest, desired.manifests, kinds));
}

function scopeOf(manifest: Manifest, all: readonly Manifest[], kinds: ClusterRun['kinds']): Scope {
  const kind = kinds.find(manifest);
  if (kind !== null) return kind.namespaced ? 'namespaced' : 'cluster';
  const definition = all.find(
    (other) => other.kind === 'CustomResourceDefinition' && definesKind({ resource: asResource(other) }, manifest),
  );
  const spec = definition?.object['spec'];
  if (!isObject(spec)) return 'unknown';
  return spec['scope'] === 'Cluster' ? 'cluster' : 'namespaced';
}

function asResource({ group, kind, name, apiVersion, object, source, isHidden }: Manifest): Resource {
  return { id: { group, kind, namespace: '', name }, apiVersion, object, source, isHidden };
}
