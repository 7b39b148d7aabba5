import type { Candidate, Facts, Obstacle } from '../model/facts.ts';
import { isObject } from '../../resource/resource.ts';
import type { Resource, ResourceId } from '../../resource/resource.ts';
import { formatKind } from '../../resource/kind-order.ts';
import type { Sequence } from '../ordering/sequence.ts';
import { definesKind } from './defines-kind.ts';

interface Lift {
  readonly obstacles: readonly Obstacle[];
  /** The only kinds that it decides about. */
  readonly of?: readonly string[];
}

const RIGHT: Lift = { obstacles: ['forbidden'] };
/** A binding names its role. */
const ROLE: Lift = { obstacles: ['forbidden', 'reference'] };
const POD: Lift = { obstacles: ['forbidden'], of: ['Pod'] };
const POLICY: Lift = { obstacles: ['forbidden', 'policy'] };

/** What the change of an object of this kind can remove. Measured on the real server: test/system/remedies. */
const LIFTS: Readonly<Record<string, Lift>> = {
  // Its labels select policies and the level of Pod Security.
  Namespace: { obstacles: ['namespace', ...POLICY.obstacles] },
  'CustomResourceDefinition.apiextensions.k8s.io': { obstacles: ['kind', 'schema', 'content'] },
  ResourceQuota: RIGHT,
  LimitRange: { obstacles: ['forbidden'], of: ['Pod', 'PersistentVolumeClaim'] },
  'Role.rbac.authorization.k8s.io': ROLE,
  'ClusterRole.rbac.authorization.k8s.io': ROLE,
  'RoleBinding.rbac.authorization.k8s.io': RIGHT,
  'ClusterRoleBinding.rbac.authorization.k8s.io': RIGHT,
  ServiceAccount: POD,
  'PriorityClass.scheduling.k8s.io': POD,
  'RuntimeClass.node.k8s.io': POD,
  'StorageClass.storage.k8s.io': { obstacles: ['forbidden'], of: ['PersistentVolumeClaim'] },
};

export const LIFTING_KINDS: readonly string[] = Object.keys(LIFTS);

/** Can an earlier step of the same plan remove the obstacle? Then the dry run is repeated before the object's step. */
export function mayPassLater(
  candidate: Candidate,
  facts: Pick<Facts, 'candidates' | 'namespaceMissing' | 'target'>,
  { compare }: Pick<Sequence, 'compare'>,
): boolean {
  const { resource, observation } = candidate;
  if (!('obstacle' in observation)) return false;
  const { obstacle } = observation;
  const { id } = resource;
  const isCreated = facts.namespaceMissing && id.namespace === facts.target.namespace && facts.target.createNamespace;
  if (isCreated && obstacle === 'namespace') return true;
  return facts.candidates.some(
    (other) =>
      other !== candidate &&
      isWritten(other) &&
      compare(other, candidate) < 0 &&
      mayLift(other, { resource, obstacle }),
  );
}

/** Does the plan write it, if nothing refuses it? */
export function isWritten({ observation }: Candidate): boolean {
  return ['creates', 'updates', 'replaces', 'skipped', 'refused', 'blocked'].includes(observation.kind);
}

/** Can the change of `other` remove this obstacle of the object? */
export function mayLift(
  other: Pick<Candidate, 'resource'>,
  { resource, obstacle }: { readonly resource: Resource; readonly obstacle: Obstacle },
): boolean {
  const { id } = resource;
  const { id: otherId } = other.resource;
  const kind = formatKind(otherId);
  const lift = otherId.group === 'admissionregistration.k8s.io' ? POLICY : LIFTS[kind];
  if (lift === undefined || !lift.obstacles.includes(obstacle) || lift.of?.includes(id.kind) === false) return false;
  if (kind === 'Namespace') return otherId.name === id.namespace;
  if (kind === 'CustomResourceDefinition.apiextensions.k8s.io') return definesKind(other, id);
  if (obstacle === 'reference' && !isRoleOf(resource, otherId)) return false;
  return ['', id.namespace].includes(otherId.namespace);
}

function isRoleOf({ object }: Resource, { kind, name }: ResourceId): boolean {
  const { roleRef } = object;
  return isObject(roleRef) && roleRef['kind'] === kind && roleRef['name'] === name;
}
