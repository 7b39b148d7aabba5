import { isUsedByPods } from '../../resource/kind-order.ts';
import type { ResourceId } from '../../resource/resource.ts';
import type { Facts } from '../model/facts.ts';
import { leftOf } from './left.ts';

/** The suffix of a generated name: kustomize's encoding of a hash has no vowel, and no 0, 1 or 3. */
const HASH_SUFFIX = /-[2456789bcdfghkmt]{10}$/;

/**
 * Must the object outlive a rollout of the same push? Decided without a request, so by kind: what the old pods refer to
 * is in no manifest anymore. Workloads are never kept, because the new pods may need their room.
 */
export function outlivesRollout(id: ResourceId, desired: readonly ResourceId[]): boolean {
  return isUsedByPods(id) || desired.some((other) => replacesByHash(other, id));
}

function replacesByHash(next: ResourceId, old: ResourceId): boolean {
  const isGenerated = HASH_SUFFIX.test(next.name) && HASH_SUFFIX.test(old.name);
  return isGenerated && baseOf(next) === baseOf(old) && next.name !== old.name;
}

function baseOf({ group, kind, namespace, name }: ResourceId): string {
  return [group, kind, namespace, name.replace(HASH_SUFFIX, '')].join('/');
}

/** Does the plan depend on whether what an earlier run wrote is ready? */
export function hasLatePrunes(facts: Pick<Facts, 'target' | 'touched' | 'entries' | 'candidates'>): boolean {
  if (facts.target.waitMs === 0) return false;
  const desired = facts.candidates.map(({ resource }) => resource.id);
  return leftOf(facts).some(({ id }) => outlivesRollout(id, desired));
}
