import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import { PART_OF, SOURCE } from '../model/body.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import type { AwaitedRelease } from '../model/plan.ts';
import { ownerOf } from '../ownership/ownership.ts';

/** Refuses an object that another tool or another target owns. */
export function refuseForeign(
  { live, resource }: Candidate,
  { target, applySetId, otherTargets }: Pick<Facts, 'target' | 'applySetId' | 'otherTargets'>,
): Problem | null {
  if (live === null || target.adopt) return null;
  const owner = ownerOf(live, applySetId);
  if (owner.kind !== 'other') return null;
  const subject = formatPosition(resource.source);
  const options = 'Remove it there first, rename it here, or set adopt: true on the target to take it over.';
  if (owner.tool !== 'headgate') {
    return {
      code: 'foreign-owner',
      subject,
      message: `${formatId(resource.id)} belongs to ${owner.name}`,
      remedy: options,
    };
  }
  const other = otherTargets.get(live.labels[PART_OF] ?? '');
  const name =
    other === undefined ? owner.name : `target ${other.name}, whose state is in namespace ${other.namespace}`;
  if (other?.isSuspended === true) {
    return {
      code: 'foreign-owner',
      subject,
      message: `${formatId(resource.id)} belongs to target ${other.name}, which is suspended`,
      remedy: `Remove suspend from target ${other.name} in headgate.yml if it no longer defines the object: its next run releases it. Otherwise rename it here, or set adopt: true on the target to take it over.`,
    };
  }
  const location = `--cluster ${target.cluster.name} --namespace ${other?.namespace ?? 'NAMESPACE'}`;
  return {
    // The same source file: most likely this target before it was renamed.
    code: live.annotations[SOURCE] === resource.source.path ? 'target-moved' : 'foreign-owner',
    subject,
    message: `${formatId(resource.id)} belongs to ${name}`,
    remedy: `If this target was renamed or moved, run headgate uninstall ${other?.name ?? 'OLD'} --keep ${location}, then headgate deploy ${target.name}. Otherwise: ${options}`,
  };
}

/** Another target of the same ref owns the object and has not applied this commit yet: that may be a matter of order. */
export function awaitedRelease(
  { live, resource }: Candidate,
  { otherTargets }: Pick<Facts, 'otherTargets'>,
): AwaitedRelease | null {
  const owner = otherTargets.get(live?.labels[PART_OF] ?? '');
  return owner?.isBehind === true ? { target: owner.name, object: resource.id } : null;
}
