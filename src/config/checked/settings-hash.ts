import { createHash } from 'node:crypto';
import { canonicalJson } from '../../resource/json.ts';
import type { Json } from '../../resource/resource.ts';
import type { ClusterConfig, Target } from './config.ts';
import { formatReference } from '../written/reference.ts';

/** Changes when this code makes something else of the same manifests. */
const RENDER_VERSION = 1;

/**
 * A hash of everything in headgate.yml that shapes what a target wants to be in the cluster, or who may write it. When it
 * differs from the recorded one, every file counts as changed.
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
    // Left out at its defaults, so that targets of plain manifests keep their hash.
    ...(target.kustomize.remoteBases.length > 0 || target.kustomize.loadRestrictor !== 'root-only'
      ? { kustomize: { ...target.kustomize } }
      : {}),
    ...(target.helm === null ? {} : { helm: { ...target.helm } }),
    ...(target.decryption === null ? {} : { decryption: decryptionOf(target.decryption) }),
    ...(target.variables === null ? {} : { variables: target.variables }),
  };
  return createHash('sha256').update(canonicalJson(shaping)).digest('base64url').slice(0, 22);
}

/** Which key it is, as far as the file says: with another one what was refused is looked at again. */
function decryptionOf({ age, kms }: NonNullable<Target['decryption']>): Json {
  return { age: age === null || age.kind === 'file' ? (age?.kind ?? null) : formatReference(age), kms };
}

/** Where a machine keeps its kubeconfig is left out: a laptop's `headgate deploy` and the server's runs must agree. */
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
