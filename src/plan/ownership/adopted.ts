import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Candidate } from '../model/facts.ts';
import type { Write } from '../model/plan.ts';
import { ownerOf } from './ownership.ts';
import { isOurApply } from './takeover.ts';

/**
 * Did something else than Headgate make the object? Without its label, Headgate's field manager shows that another
 * target released it, or that someone removed the label: it was in Git from the start.
 */
export function isAdopted({ live }: Candidate, applySetId: string): boolean {
  if (live === null) return false;
  const owner = ownerOf(live, applySetId);
  return owner.kind === 'other' || (owner.kind === 'none' && !live.managedFields.some((entry) => isOurApply(entry)));
}

const NAMED = 3;

/** One warning for all: the first deploy of a path may adopt hundreds of objects. */
export function warnAdopted(writes: readonly Write[]): readonly Problem[] {
  const adopted = writes.filter((write) => write.adopts === true).map(({ candidate }) => candidate.resource);
  const [first, ...others] = adopted;
  if (first === undefined) return [];
  const names = adopted.slice(0, NAMED).map(({ id }) => formatId(id));
  const more = adopted.length > NAMED ? ` and ${adopted.length - NAMED} more` : '';
  const verb = others.length === 0 ? 'is' : 'are';
  return [
    {
      code: 'adopted',
      subject: formatPosition(first.source),
      message: `${names.join(', ')}${more} already existed and ${verb} managed by this target from now on`,
      remedy: 'These are deleted when they leave Git. To keep one, annotate it with headgate.dev/prune: "false".',
    },
  ];
}
