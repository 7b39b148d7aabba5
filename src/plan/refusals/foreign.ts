import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import { PART_OF, SOURCE } from '../model/body.ts';
import type { Candidate, Facts } from '../model/facts.ts';
import { ownerOf } from '../ownership/ownership.ts';

/** What another tool, or another target, says is its own. */
export function refuseForeign(
  { live, resource }: Candidate,
  { target, applySetId, otherTargets }: Pick<Facts, 'target' | 'applySetId' | 'otherTargets'>,
): Problem | null {
  if (live === null || target.adopt) return null;
  const owner = ownerOf(live, applySetId);
  if (owner.kind !== 'other') return null;
  const subject = formatPosition(resource.source);
  const ways = 'Remove it there first, rename it here, or set adopt: true on the target to take it over.';
  if (owner.tool !== 'headgate') {
    return {
      code: 'foreign-owner',
      subject,
      message: `${formatId(resource.id)} belongs to ${owner.name}`,
      remedy: ways,
    };
  }
  const other = otherTargets.get(live.labels[PART_OF] ?? '');
  const name =
    other === undefined ? owner.name : `target ${other.name}, whose state is in namespace ${other.namespace}`;
  const place = `--cluster ${target.cluster.name} --namespace ${other?.namespace ?? 'NAMESPACE'}`;
  return {
    // The same file under another name: most likely the target itself, before it was renamed.
    code: live.annotations[SOURCE] === resource.source.path ? 'target-moved' : 'foreign-owner',
    subject,
    message: `${formatId(resource.id)} belongs to ${name}`,
    remedy: `If that is this target before it was renamed or moved: headgate uninstall ${other?.name ?? 'OLD'} --keep ${place}. ${ways}`,
  };
}
