import { formatKind } from '../../resource/kind-order.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { ChangeResult } from './after.ts';

/** Kinds that decide whether the API server accepts objects of other targets, beside those of admission, and classes. */
const DECIDING: ReadonlySet<string> = new Set([
  'Namespace',
  'CustomResourceDefinition.apiextensions.k8s.io',
  'APIService.apiregistration.k8s.io',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'Role.rbac.authorization.k8s.io',
  'ClusterRole.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'ClusterRoleBinding.rbac.authorization.k8s.io',
]);

/** Those that a binding or a custom resource is checked against: its refusal looks like one of a wrong manifest. */
const CHECKED_AGAINST: ReadonlySet<string> = new Set([
  'CustomResourceDefinition.apiextensions.k8s.io',
  'Role.rbac.authorization.k8s.io',
  'ClusterRole.rbac.authorization.k8s.io',
]);

/** What a run did that may lift refusals of other targets. */
export interface Lifted {
  /** The namespaces that it created. A target whose namespace is missing has no state that records its refusal. */
  readonly namespaces: readonly string[];
  /** Also refusals that look like one of a wrong manifest. */
  readonly ofContent?: boolean | undefined;
}

/** Null: nothing that it did can lift a refusal. */
export function liftedBy(results: readonly ChangeResult[]): Lifted | null {
  const written = results.flatMap((result) =>
    result.kind === 'applied' && result.effect !== 'unchanged' ? [result.write.candidate.resource.id] : [],
  );
  // A pruned object frees its name, its ports and its share of a quota; a released one has no owner anymore.
  const isFreed = results.some(({ kind }) => kind === 'pruned' || kind === 'released');
  if (!isFreed && !written.some((id) => isDeciding(id))) return null;
  // A Service that is deleted frees its cluster IP and its node ports.
  const hasFreedPorts = results.some((result) => result.kind === 'pruned' && result.prune.entry.id.kind === 'Service');
  return {
    namespaces: written.filter((id) => formatKind(id) === 'Namespace').map(({ name }) => name),
    ...(hasFreedPorts || written.some((id) => CHECKED_AGAINST.has(formatKind(id))) ? { ofContent: true } : {}),
  };
}

function isDeciding(id: ResourceId): boolean {
  if (id.group === 'admissionregistration.k8s.io') return true;
  return DECIDING.has(formatKind(id)) || (id.namespace === '' && id.kind.endsWith('Class'));
}
