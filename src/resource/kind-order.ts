import type { ResourceId } from './resource.ts';

/** Kinds whose place in the order is known, by step; everything else goes between workloads and webhooks. */
const STEPS: readonly (readonly string[])[] = [
  ['Namespace', 'CustomResourceDefinition.apiextensions.k8s.io'],
  ['NetworkPolicy.networking.k8s.io', 'ResourceQuota', 'LimitRange', 'PodDisruptionBudget.policy'],
  ['ServiceAccount', 'Role.rbac.authorization.k8s.io', 'ClusterRole.rbac.authorization.k8s.io'],
  // A binding is refused while its role does not exist: the escalation check reads it.
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
const REST = STEPS.length;
const WEBHOOKS = REST + 1;

const STEP_OF: ReadonlyMap<string, number> = new Map([
  ...STEPS.flatMap((kinds, step) => kinds.map((kind): [string, number] => [kind, step])),
  // They judge what comes after them, themselves and their own service included.
  ['MutatingWebhookConfiguration.admissionregistration.k8s.io', WEBHOOKS],
  ['ValidatingWebhookConfiguration.admissionregistration.k8s.io', WEBHOOKS],
]);

export function formatKind(id: Pick<ResourceId, 'group' | 'kind'>): string {
  return id.group === '' ? id.kind : `${id.kind}.${id.group}`;
}

/** Which step an object is applied in; pruning goes the other way round. */
export function stepOf(id: ResourceId): number {
  // StorageClass, PriorityClass, IngressClass, GatewayClass …: others name them, nothing in a push precedes them.
  if (id.namespace === '' && id.kind.endsWith('Class')) return 0;
  return STEP_OF.get(formatKind(id)) ?? REST;
}
