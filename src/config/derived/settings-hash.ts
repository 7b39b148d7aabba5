import { createHash } from 'node:crypto';
import { canonicalJson } from '../../resource/json.ts';
import type { Json } from '../../resource/resource.ts';
import type { ClusterConfig, Target } from '../checked/config.ts';
import { formatReference } from '../written/reference.ts';

/** Increment it when Headgate renders the same manifests differently. */
const RENDER_VERSION = 1;

/**
 * A hash of every setting that affects what a target applies, or with which rights. When it differs from the recorded
 * hash, every file counts as changed.
 */
export function settingsHash(target: Target): string {
  const shaping: Json = {
    version: RENDER_VERSION,
    url: target.repository.url,
    path: target.path,
    inputs: target.inputs,
    cluster: identityOf(target.cluster),
    role: target.role,
    namespace: target.namespace,
    namespaces: target.namespaces,
    clusterScoped: target.clusterScoped,
    serviceAccount: target.serviceAccount,
    conflicts: target.conflicts,
    ignore: target.ignore.map((rule): Json => ({ ...rule })),
    exclude: target.exclude.map(({ glob }) => glob),
    // Omitted when it has its defaults, so that targets with plain manifests keep their hash.
    ...(target.kustomize.remoteBases.length > 0 || target.kustomize.loadRestrictor !== 'root-only'
      ? { kustomize: { ...target.kustomize } }
      : {}),
    ...(target.helm === null ? {} : { helm: helmOf(target.helm) }),
    ...(target.decryption === null ? {} : { decryption: decryptionOf(target.decryption) }),
    ...(target.variables === null ? {} : { variables: target.variables }),
  };
  return createHash('sha256').update(canonicalJson(shaping)).digest('base64url').slice(0, 22);
}

/** Without `dependencies` where there are none, so that targets keep the hash that older versions recorded. */
function helmOf({ dependencies, ...helm }: NonNullable<Target['helm']>): Json {
  return { ...helm, ...(dependencies.length === 0 ? {} : { dependencies }) };
}

/** The key as the file names it: with another key, files that could not be decrypted are tried again. */
function decryptionOf({ age, kms }: NonNullable<Target['decryption']>): Json {
  return { age: age === null || age.kind === 'file' ? (age?.kind ?? null) : formatReference(age), kms };
}

/** Omits the path of the kubeconfig: `headgate deploy` on a laptop and the server's runs must get the same hash. */
function identityOf(cluster: ClusterConfig): Json {
  switch (cluster.kind) {
    case 'kubeconfig':
      return { name: cluster.name, context: cluster.context };
    case 'eks':
      return { name: cluster.name, eks: cluster.cluster, region: cluster.region, role: cluster.role };
    default:
      return cluster satisfies never;
  }
}
