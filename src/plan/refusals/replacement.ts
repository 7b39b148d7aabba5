import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition, metadataMap } from '../../resource/resource.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import { ownerOf } from '../ownership/ownership.ts';
import { protectedKind } from '../ownership/prune-rule.ts';

/** Replacing deletes: what we do not own is not replaced, and of a kind that takes data with it only what may be deleted. */
export function refuseReplacement(
  candidate: Candidate,
  { applySetId, target }: Pick<Facts, 'applySetId' | 'target'>,
): Problem | null {
  const { resource, live, observation } = candidate;
  if (observation.kind !== 'replaces') return null;
  if (live === null || ownerOf(live, applySetId).kind !== 'us') {
    return {
      ...observation.problem,
      remedy: `${formatId(resource.id)} is not owned by target ${target.name}, so it is not replaced: delete it by hand if it is meant.`,
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
    message: `${formatId(resource.id)} would have to be deleted and created again, and ${resource.id.kind} is a protected kind`,
    remedy: `Take the change back, or allow the deletion with headgate.dev/prune: "true" on it or prune.kinds of target ${target.name}.`,
  };
}
