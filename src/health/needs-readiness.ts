import { isObject } from '../resource/resource.ts';
import type { JsonObject, Resource, ResourceId } from '../resource/resource.ts';

/** An object that must become ready. Plain JSON, because it is sent in messages. */
export interface AwaitedObject {
  readonly apiVersion: string;
  readonly id: ResourceId;
  /** It may be deleted when it is done (a Job with ttlSecondsAfterFinished), so absent counts as ready. */
  readonly mayVanish: boolean;
}

/** Built-in kinds that take time to become ready; all other built-in kinds are ready as soon as they are written. */
const SLOW_KINDS: ReadonlySet<string> = new Set([
  'Deployment.apps',
  'StatefulSet.apps',
  'DaemonSet.apps',
  'ReplicaSet.apps',
  'ReplicationController',
  'Pod',
  'Job.batch',
  'PersistentVolumeClaim',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'PodDisruptionBudget.policy',
]);

/** The API groups of Kubernetes 1.37 with a dot. Listed, because other projects use `k8s.io` too. */
const BUILT_IN_GROUPS: ReadonlySet<string> = new Set(
  [
    'admissionregistration',
    'apiextensions',
    'apiregistration',
    'authentication',
    'authorization',
    'certificates',
    'coordination',
    'discovery',
    'events',
    'flowcontrol.apiserver',
    'internal.apiserver',
    'networking',
    'node',
    'rbac.authorization',
    'resource',
    'scheduling',
    'storage',
    'storagemigration',
  ].map((group) => `${group}.k8s.io`),
);

/** Whether an object must be read before it can be called ready. Decided without a request. */
export function needsReadiness({
  id,
  object,
}: {
  readonly id: ResourceId;
  readonly object: JsonObject | null;
}): boolean {
  if (id.group === '' && id.kind === 'Service') return object === null || isLoadBalancer(object);
  return SLOW_KINDS.has(id.group === '' ? id.kind : `${id.kind}.${id.group}`) || isCustom(id);
}

function isLoadBalancer({ spec }: JsonObject): boolean {
  return isObject(spec) && spec['type'] === 'LoadBalancer';
}

function isCustom({ group }: ResourceId): boolean {
  return group.includes('.') && !BUILT_IN_GROUPS.has(group);
}

/** Null when the object is ready as soon as it is written. */
export function awaitedObject({ id, apiVersion, object }: Omit<Resource, 'source'>): AwaitedObject | null {
  if (!needsReadiness({ id, object })) return null;
  const { spec } = object;
  const mayVanish = id.kind === 'Job' && isObject(spec) && spec['ttlSecondsAfterFinished'] !== undefined;
  return { apiVersion, id, mayVanish };
}
