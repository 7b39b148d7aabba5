import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition, metadataMap } from '../../resource/resource.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import { ownerOf } from '../ownership/ownership.ts';
import { protectedKind } from '../ownership/prune-rule.ts';

/** Replacing deletes, so it requires that this target owns the object and that its kind may be deleted. */
export function refuseReplacement(
  candidate: Candidate,
  { applySetId, target }: Pick<Facts, 'applySetId' | 'target'>,
): Problem | null {
  const { resource, live, observation } = candidate;
  if (observation.kind !== 'replaces') return null;
  if (live === null || ownerOf(live, applySetId).kind !== 'us') {
    return {
      ...observation.problem,
      remedy: `Delete ${formatId(resource.id)} yourself if it should be replaced: target ${target.name} does not own it.`,
    };
  }
  return refuseProtected(candidate, target);
}

function refuseProtected({ resource }: Candidate, target: Target): Problem | null {
  const annotations = metadataMap(resource.object, 'annotations');
  const verdict = protectedKind({ id: resource.id }, { annotations }, target);
  if (verdict === null) return null;
  return {
    code: 'field-immutable',
    subject: formatPosition(resource.source),
    message: `${formatId(resource.id)} cannot be replaced: ${resource.id.kind} is a protected kind`,
    remedy: `Revert the change, or allow the deletion with headgate.dev/prune: "true" on the object or prune.kinds of target ${target.name}.`,
  };
}
