import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { formatPosition, metadataMap } from '../../resource/resource.ts';
import type { Manifest, Resource } from '../../resource/resource.ts';

/** The scope of a kind. `unknown`: the cluster does not serve the kind (yet). */
export type Scope = 'namespaced' | 'cluster' | 'unknown';

export interface ResolvedManifests {
  readonly resources: readonly Resource[];
  readonly refusals: readonly Problem[];
}

/** Gives every manifest its namespace, and refuses what the target's policy does not allow, before any request. */
export function resolveNamespaces(
  manifests: readonly Manifest[],
  target: Target,
  scopeOf: (manifest: Manifest) => Scope,
): ResolvedManifests {
  const resources: Resource[] = [];
  const refusals: Problem[] = [];
  for (const manifest of manifests) {
    const scope = scopeOf(manifest);
    // A custom resource whose definition comes later gets the target's namespace unless it names one.
    const namespace = scope === 'cluster' ? '' : (manifest.namespace ?? target.namespace);
    const refusal = refusePolicy(manifest, target, { scope, namespace }) ?? refuseReserved(manifest);
    if (refusal !== null) refusals.push(refusal);
    else resources.push(resourceIn(manifest, namespace));
  }
  return { resources, refusals };
}

function resourceIn(manifest: Manifest, namespace: string): Resource {
  const { group, kind, name, apiVersion, object, source, isHidden } = manifest;
  return { id: { group, kind, namespace, name }, apiVersion, object, source, isHidden };
}

function refusePolicy(
  manifest: Manifest,
  target: Target,
  { scope, namespace }: { scope: Scope; namespace: string },
): Problem | null {
  const subject = formatPosition(manifest.source);
  if (scope === 'cluster') {
    if (target.clusterScoped) return null;
    return {
      code: 'cluster-scoped-not-allowed',
      subject,
      message: `${manifest.kind} ${manifest.name} is cluster-scoped, which target ${target.name} does not allow`,
      remedy: `Set clusterScoped: true on target ${target.name} in headgate.yml, or move the object to a target that allows it.`,
    };
  }
  if (target.namespaces !== '*' && !target.namespaces.includes(namespace)) {
    return {
      code: 'namespace-not-allowed',
      subject,
      message: `${manifest.kind} ${manifest.name} is in namespace ${namespace}, which target ${target.name} does not allow: its namespaces are ${target.namespaces.join(', ')}`,
      remedy: `Add ${namespace} to namespaces of target ${target.name} in headgate.yml, or fix metadata.namespace.`,
    };
  }
  if (manifest.group === '' && manifest.kind === 'ConfigMap' && isStateName(manifest.name)) {
    return {
      code: 'mark-reserved',
      subject,
      message: `ConfigMap ${manifest.name} has a reserved name: Headgate keeps the state of targets under headgate-*`,
      remedy: 'Rename the ConfigMap.',
    };
  }
  return null;
}

/** `headgate-<target>`, `headgate-<target>.<n>` (shards) and `headgate-<target>.ready`, for any target. */
function isStateName(name: string): boolean {
  return /^headgate-[a-z0-9-]+(\.(\d+|ready))?$/.test(name);
}

const USER_ANNOTATIONS: ReadonlySet<string> = new Set([
  'headgate.dev/prune',
  'headgate.dev/apply',
  'headgate.dev/wave',
  'headgate.dev/replace',
]);

function refuseReserved(manifest: Manifest): Problem | null {
  const labels = Object.keys(metadataMap(manifest.object, 'labels'));
  const annotations = Object.keys(metadataMap(manifest.object, 'annotations'));
  const reserved =
    [...labels, ...annotations].find((key) => key.startsWith('applyset.kubernetes.io/')) ??
    labels.find((key) => key.startsWith('headgate.dev/')) ??
    annotations.find((key) => key.startsWith('headgate.dev/') && !USER_ANNOTATIONS.has(key));
  if (reserved !== undefined) {
    return {
      code: 'mark-reserved',
      subject: formatPosition(manifest.source),
      message: `${manifest.kind} ${manifest.name} has a reserved key: ${reserved}`,
      remedy: `Remove ${reserved}; the annotations you can set are ${[...USER_ANNOTATIONS].join(', ')}.`,
    };
  }
  const apply = metadataMap(manifest.object, 'annotations')['headgate.dev/apply'];
  if (apply === undefined || apply === 'create-only' || apply === 'ignore') return null;
  return {
    code: 'manifest-invalid',
    subject: formatPosition(manifest.source),
    message: `${manifest.kind} ${manifest.name} has an invalid annotation: headgate.dev/apply: ${apply}`,
    remedy: 'Set it to create-only or ignore, or remove it.',
  };
}
