import type { ResourceId } from './resource.ts';

/** Kinds with a known order, by step; all others go between workloads and webhooks. */
const STEPS: readonly (readonly string[])[] = [
  ['Namespace', 'CustomResourceDefinition.apiextensions.k8s.io'],
  // The step of the cluster-wide classes.
  [],
  ['NetworkPolicy.networking.k8s.io', 'ResourceQuota', 'LimitRange', 'PodDisruptionBudget.policy'],
  ['ServiceAccount', 'Role.rbac.authorization.k8s.io', 'ClusterRole.rbac.authorization.k8s.io'],
  // The API server rejects a binding whose role does not exist, because its escalation check reads the role.
  ['RoleBinding.rbac.authorization.k8s.io', 'ClusterRoleBinding.rbac.authorization.k8s.io'],
  ['ConfigMap', 'Secret', 'PersistentVolume', 'PersistentVolumeClaim'],
  ['Service'],
  [
    'Pod',
    'ReplicationController',
    'ReplicaSet.apps',
    'Deployment.apps',
    'StatefulSet.apps',
    'DaemonSet.apps',
    'Job.batch',
    'CronJob.batch',
  ],
];
const CLASSES = 1;
const REST = STEPS.length;
const WEBHOOKS = REST + 1;

const STEP_OF: ReadonlyMap<string, number> = new Map([
  ...STEPS.flatMap((kinds, step) => kinds.map((kind): [string, number] => [kind, step])),
  // Webhooks intercept everything applied after them, including their own Service.
  ['MutatingWebhookConfiguration.admissionregistration.k8s.io', WEBHOOKS],
  ['ValidatingWebhookConfiguration.admissionregistration.k8s.io', WEBHOOKS],
]);

export function formatKind(id: Pick<ResourceId, 'group' | 'kind'>): string {
  return id.group === '' ? id.kind : `${id.kind}.${id.group}`;
}

/** The step in which an object is applied. */
export function stepOf(id: ResourceId): number {
  // StorageClass, PriorityClass, IngressClass …: other objects refer to them, and they refer to none. Some, such as a
  // GatewayClass, have a definition that may be in the same push.
  if (id.namespace === '' && id.kind.endsWith('Class')) return CLASSES;
  return STEP_OF.get(formatKind(id)) ?? REST;
}

/** Pruning runs in reverse order, and Namespaces last: a definition that is deleted before takes its objects along. */
export function pruneStepOf(id: ResourceId): number {
  return formatKind(id) === 'Namespace' ? -1 : stepOf(id);
}

const IDENTITY = 3;
const CONFIGURATION = 5;

/** Does a pod refer to it, or act by its rights? It does so again whenever a container starts. */
export function isUsedByPods(id: ResourceId): boolean {
  const step = stepOf(id);
  return (step >= IDENTITY && step <= CONFIGURATION) || id.kind === 'PriorityClass' || id.kind === 'RuntimeClass';
}
