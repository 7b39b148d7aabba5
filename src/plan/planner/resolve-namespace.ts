import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { formatPosition, metadataMap } from '../../resource/resource.ts';
import type { Manifest, Resource } from '../../resource/resource.ts';

/** Does the kind have a namespace? `unknown`: the cluster does not serve the kind (yet). */
export type Scope = 'namespaced' | 'cluster' | 'unknown';

export interface ResolvedManifests {
  readonly resources: readonly Resource[];
  readonly refusals: readonly Problem[];
}

/** Gives every manifest its namespace, and refuses what the target's own policy does not allow, before any request. */
export function resolveNamespaces(
  manifests: readonly Manifest[],
  target: Target,
  scopeOf: (manifest: Manifest) => Scope,
): ResolvedManifests {
  const resources: Resource[] = [];
  const refusals: Problem[] = [];
  for (const manifest of manifests) {
    const scope = scopeOf(manifest);
    // A custom resource whose definition comes later: with a namespace it is namespaced, without it the target's is meant.
    const namespace = scope === 'cluster' ? '' : (manifest.namespace ?? target.namespace);
    const refusal = refusePolicy(manifest, target, { scope, namespace }) ?? refuseMarks(manifest);
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
      message: `${manifest.kind} ${manifest.name} is cluster-scoped, and target ${target.name} may not own such objects`,
      remedy: `Set clusterScoped: true on target ${target.name} in headgate.yml, or move the object to a target that may.`,
    };
  }
  if (target.namespaces !== '*' && !target.namespaces.includes(namespace)) {
    return {
      code: 'namespace-not-allowed',
      subject,
      message: `${manifest.kind} ${manifest.name} is for namespace ${namespace}, and target ${target.name} may only write to ${target.namespaces.join(', ')}`,
      remedy: `Add ${namespace} to namespaces of target ${target.name} in headgate.yml, or mend metadata.namespace.`,
    };
  }
  if (manifest.group === '' && manifest.kind === 'ConfigMap' && isStateName(manifest.name)) {
    return {
      code: 'mark-reserved',
      subject,
      message: `ConfigMap ${manifest.name}: names that begin with headgate- are kept for the state of targets`,
      remedy: 'Give the ConfigMap another name.',
    };
  }
  return null;
}

/** `headgate-<target>`, its shards `headgate-<target>.<n>` and `headgate-<target>.ready`, of any target. */
function isStateName(name: string): boolean {
  return /^headgate-[a-z0-9-]+(\.(\d+|ready))?$/.test(name);
}

const USER_ANNOTATIONS: ReadonlySet<string> = new Set([
  'headgate.dev/prune',
  'headgate.dev/apply',
  'headgate.dev/wave',
  'headgate.dev/replace',
]);

function refuseMarks(manifest: Manifest): Problem | null {
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
      message: `${manifest.kind} ${manifest.name} carries ${reserved}, which only Headgate sets`,
      remedy: `Remove ${reserved}. Annotations for users: ${[...USER_ANNOTATIONS].join(', ')}.`,
    };
  }
  const apply = metadataMap(manifest.object, 'annotations')['headgate.dev/apply'];
  if (apply === undefined || apply === 'create-only' || apply === 'ignore') return null;
  return {
    code: 'manifest-invalid',
    subject: formatPosition(manifest.source),
    message: `${manifest.kind} ${manifest.name} has headgate.dev/apply: ${apply}`,
    remedy: 'Set it to create-only or ignore, or remove it.',
  };
}
