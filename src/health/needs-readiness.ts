import { isObject } from '../resource/resource.ts';
import type { JsonObject, Resource, ResourceId } from '../resource/resource.ts';

/** An object that has to become ready. Plain JSON: it travels in messages. */
export interface AwaitedObject {
  readonly apiVersion: string;
  readonly id: ResourceId;
  /** It may delete itself when it is done (a Job with a time to live): not being there is then as good as ready. */
  readonly mayVanish: boolean;
}

/** Kinds of Kubernetes itself that take their time; all others of its own are what they are as soon as they are written. */
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

/** The groups of Kubernetes 1.37 that have a dot; other people use `k8s.io` too. */
const OWN_GROUPS: ReadonlySet<string> = new Set(
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

/** Has it to be looked at before it can be called ready? Decided without a request. */
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
  return group.includes('.') && !OWN_GROUPS.has(group);
}

/** Null when it is ready as soon as it is written. */
export function awaitedObject({ id, apiVersion, object }: Omit<Resource, 'source'>): AwaitedObject | null {
  if (!needsReadiness({ id, object })) return null;
  const { spec } = object;
  const mayVanish = id.kind === 'Job' && isObject(spec) && spec['ttlSecondsAfterFinished'] !== undefined;
  return { apiVersion, id, mayVanish };
}
