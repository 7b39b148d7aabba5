import type { ErrorCode, Problem } from '../../error/deploy-error.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import { isObject } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import { formatKind } from '../../resource/kind-order.ts';
import type { Sequence } from '../ordering/sequence.ts';

/** Kinds that decide whether another object is allowed. */
const DECIDING: ReadonlySet<string> = new Set([
  'ResourceQuota',
  'LimitRange',
  'Role.rbac.authorization.k8s.io',
  'ClusterRole.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'ClusterRoleBinding.rbac.authorization.k8s.io',
]);

const MAY_PASS_LATER: ReadonlySet<ErrorCode> = new Set([
  'kind-unknown',
  'namespace-missing',
  'manifest-forbidden',
  'manifest-rejected',
]);

/** Can an earlier step of the same plan remove the reason for this refusal? Then the dry run is repeated before the step. */
export function mayPassLater(
  candidate: Candidate,
  problem: Problem,
  { facts, sequence }: { facts: Facts; sequence: Sequence },
): boolean {
  if (!MAY_PASS_LATER.has(problem.code)) return false;
  const { id } = candidate.resource;
  if (facts.namespaceMissing && id.namespace === facts.target.namespace && facts.target.createNamespace) {
    if (problem.code === 'namespace-missing') return true;
  }
  return facts.candidates.some(
    (other) =>
      other !== candidate &&
      isWritten(other) &&
      sequence.compare(other, candidate) < 0 &&
      decides(other, id, problem.code),
  );
}

function isWritten({ observation }: Candidate): boolean {
  return ['creates', 'updates', 'replaces', 'skipped', 'refused'].includes(observation.kind);
}

function decides(other: Candidate, id: ResourceId, code: ErrorCode): boolean {
  const kind = formatKind(other.resource.id);
  if (kind === 'Namespace') return other.resource.id.name === id.namespace && code !== 'kind-unknown';
  if (kind === 'CustomResourceDefinition.apiextensions.k8s.io') return definesKind(other, id);
  if (code === 'kind-unknown' || code === 'namespace-missing') return false;
  if (other.resource.id.namespace === '' && other.resource.id.kind.endsWith('Class')) return true;
  return DECIDING.has(kind) && ['', id.namespace].includes(other.resource.id.namespace);
}

/** A new definition may change the schema, so it may also lift the refusal of a field. */
export function definesKind(
  { resource }: Pick<Candidate, 'resource'>,
  id: Pick<ResourceId, 'group' | 'kind'>,
): boolean {
  const spec = resource.object['spec'];
  if (!isObject(spec) || spec['group'] !== id.group) return false;
  const names = spec['names'];
  return isObject(names) && names['kind'] === id.kind;
}
