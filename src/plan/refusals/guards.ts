import type { Problem } from '../../error/deploy-error.ts';
import type { Facts } from '../model/facts.ts';
import type { Prune } from '../model/plan.ts';
import { formatId } from '../../resource/resource.ts';
import { protectedKind } from '../ownership/prune-rule.ts';

/** A path without manifests is more often a mistake (a wrong path, a failed generator) than a request to delete everything. */
export function refuseNothingLeft(
  { target, source, count, candidates }: Facts,
  prunes: readonly Prune[],
  handedOver: number,
): readonly Problem[] {
  if (target.prune.empty || candidates.length > 0) return [];
  const path = target.path === '' ? 'the repository' : target.path;
  if (source.tree === null) {
    return [
      {
        code: 'path-missing',
        subject: path,
        message: `does not exist at ${source.revision.slice(0, 12)}`,
        remedy: `Fix path of target ${target.name} in headgate.yml, or restore it in the repository. Set prune.empty: true to delete what it defined.`,
      },
    ];
  }
  // What other targets define, or may define, is not deleted, and does not make the path one that is in use.
  if (count > prunes.length + handedOver || (count > 0 && prunes.length === 0)) return [];
  return [
    {
      code: count === 0 ? 'path-empty' : 'prune-everything',
      subject: path,
      message: `has no manifests at ${source.revision.slice(0, 12)}${count === 0 ? '' : `, so all of its objects (${count}) would be deleted`}`,
      remedy: `Add a manifest, or set prune.empty: true on target ${target.name} in headgate.yml if the path should be empty.`,
    },
  ];
}

export function refusePrune({ target }: Facts, prunes: readonly Prune[]): readonly Problem[] {
  const deletions = prunes.filter(({ entry }) => protectedKind(entry, { annotations: {} }, target) === null);
  if (deletions.length <= target.prune.limit) return [];
  const some = deletions.slice(0, 3).map(({ entry }) => formatId(entry.id));
  return [
    {
      code: 'prune-limit',
      subject: deletions[0]?.entry.file ?? target.path,
      message: `this push would delete ${deletions.length} objects, more than prune.limit (${target.prune.limit}): ${some.join(', ')}${deletions.length > 3 ? ', …' : ''}`,
      remedy: `Run headgate deploy ${target.name} --prune-limit ${deletions.length} once if that is intended; otherwise revert the push.`,
    },
  ];
}
