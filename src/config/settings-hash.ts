import { createHash } from 'node:crypto';
import type { Target } from './config.ts';

/** Changes when this code makes something else of the same manifests. */
const RENDER_VERSION = 1;

/**
 * A hash of everything in headgate.yml that shapes what a target wants to be in the cluster, or who may write it. When it
 * differs from the recorded one, every file counts as changed.
 */
export function settingsHash(target: Target): string {
  const shaping = {
    version: RENDER_VERSION,
    url: target.repository.url,
    path: target.path,
    inputs: target.inputs,
    cluster: target.cluster,
    namespace: target.namespace,
    namespaces: target.namespaces,
    clusterScoped: target.clusterScoped,
    serviceAccount: target.serviceAccount,
    conflicts: target.conflicts,
    ignore: target.ignore,
    exclude: target.exclude,
  };
  return createHash('sha256').update(JSON.stringify(shaping)).digest('base64url').slice(0, 22);
}
