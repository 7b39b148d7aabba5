import { METADATA_ONLY } from '../api/metadata.ts';
import { problemOf } from '../api/status.ts';
import type { GatherContext } from './context.ts';
import type { ServedKinds } from '../../plan/planner/separate-unserved.ts';
import { resolveNamespaces } from '../../plan/planner/resolve-namespace.ts';
import type { Problem } from '../../error/deploy-error.ts';
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

/** Resolves the namespace of every manifest, and what is a manifest, with kinds that the same push defines. */
export async function resolveManifests(
  desired: Desired,
  { kinds, connection, target }: GatherContext,
  signal: AbortSignal,
) {
  await learnKinds(desired, { kinds, connection }, signal);
  const scope = (manifest: Manifest) => scopeOf(manifest, desired.manifests, kinds);
  const isServed = (manifest: Manifest) => scope(manifest) !== 'unknown';
  const hasKind = (kind: string) => kinds.hasNamed(kind) || definesKindNamed(kind, desired.manifests);
  const { manifests, unread, refusals } = await separate(desired, { isServed, hasKind });
  const resolved = resolveNamespaces(manifests, target, scope);
  return { resources: resolved.resources, refusals: [...refusals, ...resolved.refusals], unread };
}

/** Loaded only where the cluster has to decide. */
async function separate(desired: Desired, served: ServedKinds): Promise<Desired & { refusals: readonly Problem[] }> {
  const isClear = desired.unread.every(({ ifServed }) => ifServed === null);
  if (isClear && desired.manifests.every((manifest) => served.isServed(manifest))) return { ...desired, refusals: [] };
  const { separateUnserved } = await import('../../plan/planner/separate-unserved.ts');
  return { ...desired, ...separateUnserved(desired, served) };
}

/** Built-in kinds cost no request. */
async function learnKinds(
  { manifests, unread }: Desired,
  { kinds, connection }: Pick<GatherContext, 'kinds' | 'connection'>,
  signal: AbortSignal,
): Promise<void> {
  const isUnknown = unread.some(({ ifServed }) => ifServed !== null && !kinds.hasNamed(ifServed.kind));
  await (isUnknown ? kinds.refresh(connection, signal) : kinds.learn(connection, manifests, signal));
}

function definesKindNamed(kind: string, manifests: readonly Manifest[]): boolean {
  return manifests.some(({ kind: defining, object: { spec } }) => {
    const names = defining === 'CustomResourceDefinition' && isObject(spec) ? spec['names'] : undefined;
    return isObject(names) && names['kind'] === kind;
  });
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
